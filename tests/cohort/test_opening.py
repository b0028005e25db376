"""What the YAML says of the table is looked at before a scan is read."""

from __future__ import annotations

import pytest

from pipeline.cohort.opening import check_labels
from pipeline.errors import ConfigError


def test_a_word_of_another_source_that_the_table_lacks_is_told_with_the_nearest(study) -> None:
    study.table("uid,label,site", "1.1,sick,north", "1.2,well,south")
    check_labels(study.config("external: {column: site, values: [south]}"), study.workspace.root)
    config = study.config("external: {column: site, values: [south, nord]}")
    with pytest.raises(
        ConfigError, match=r"study.yaml:\d+: the column 'site' doesn't have .*'nord' .*'north'"
    ):
        check_labels(config, study.workspace.root)
