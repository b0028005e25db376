from __future__ import annotations

import openpyxl
import pytest

from pipeline.commands import configure
from pipeline.config import Config, load
from pipeline.errors import ConfigError, DataError
from pipeline.tasks.settings import require_settings
from pipeline.workspace import Workspace

TABLE = "id,label,site,split\n1,yes,A,train\n2,no,B,test\n"


@pytest.fixture
def configured(workspace: Workspace):
    """A configuration whose cohort section has these lines, beside a table of labels."""

    def make(
        *lines: str, table: str | None = TABLE, labels: str = "labels.csv", target: str = "label"
    ) -> Config:
        if table is not None:
            (workspace.root / "labels.csv").write_text(table)
        path = workspace.root / "study.yaml"
        path.write_text(
            "ingest: {raw: raw}\nnormalize: [{z_score: {}}]\nreport: {title: Study}\n"
            f"cohort:\n  labels: {labels}\n  target: {target}\n" + "".join(f"  {line}\n" for line in lines)
        )
        return load(path)

    return make


def test_every_table_the_cohort_reads_is_watched_by_its_content(configured, workspace: Workspace) -> None:
    links = workspace.root / "links.csv"
    links.write_text("a,b\n1,2\n")
    config = configured("links: links.csv")
    assert configure.run(config, workspace).changed
    assert not configure.run(config, workspace).changed
    links.write_text("a,b\n1,3\n")
    assert configure.run(config, workspace).changed
    (workspace.root / "labels.csv").write_text(TABLE + "3,no,B,test\n")
    assert configure.run(config, workspace).changed


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["part_column: splt"], r"study.yaml:7: the table labels.csv has no column 'splt' \(did you mean 'split'\?\)"),
        (["groups: [site, sex]"], r"study.yaml:7: .* no column 'sex' \(known: id, label, site, split\)"),
        (["id: {column: idd, names: patient}"], r"study.yaml:7: .* no column 'idd' \(did you mean 'id'\?\)"),
        (["id: [{column: id, names: patient}, {column: side, names: laterality}]"], "study.yaml:7: .*'side'"),
        (["positive: Yes"], r"study.yaml:7: .*doesn't have the class 'Yes' \(did you mean 'yes'\?\)"),
        (["sheet: labels"], "study.yaml:7: labels.csv is no workbook and has no sheets. Leave `sheet` out."),
        (["links: lnks.csv"], r"study.yaml:7: there is no table 'lnks.csv' \(did you mean 'labels.csv'\?\)"),
    ],
)  # fmt: skip
def test_a_typo_is_told_before_the_scans_are_read(
    configured, workspace: Workspace, lines: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        configure.run(configured(*lines), workspace)
    assert not workspace.sections.exists()


def test_a_target_or_a_table_that_is_not_there_is_told_with_the_nearest(
    configured, workspace: Workspace
) -> None:
    with pytest.raises(ConfigError, match=r"study.yaml:6: .*no column 'labl' \(did you mean 'label'\?\)"):
        configure.run(configured(target="labl"), workspace)
    with pytest.raises(
        ConfigError, match=r"study.yaml:5: .*'lable.csv' \(did you mean 'labels.csv'\?\). Mend the path"
    ):
        configure.run(configured(labels="lable.csv"), workspace)


def test_a_table_that_was_told_wrong_is_told_again(configured, workspace: Workspace) -> None:
    config = configured("positive: sick")
    for _ in range(2):
        with pytest.raises(ConfigError, match="doesn't have the class 'sick'"):
            configure.run(config, workspace)


def test_the_words_of_classes_and_other_spellings_of_positive_fit(configured, workspace: Workspace) -> None:
    assert configure.run(
        configured("classes: {sick: [yes], well: [no]}", "positive: sick"), workspace
    ).changed
    numbers = "id,label\n1,1.0\n2,0.0\n"
    assert configure.run(configured("positive: 1", table=numbers), workspace).changed
    flags = "id,label\n1,TRUE\n2,FALSE\n"
    assert configure.run(configured("positive: true", table=flags), workspace).changed


def test_another_kind_of_question_is_told_before_its_missing_class(configured, workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match=r"'Mass\|Nodule', line 3; 1 such cells.*multilabel"):
        configure.run(configured("positive: yes", table="id,label\n1,Mass\n2,Mass|Nodule\n"), workspace)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,nv,mel,bcc\n1,1,0,0\n2,0,1,0\n3,0,0,1\n", "'nv', 'mel', 'bcc' hold a 1 for one class a row"),
        (
            "id,edema,mass\n1,1,1\n2,0,1\n3,1,0\n",
            "'edema', 'mass' hold several findings a row: .*`target: .edema, mass.`",
        ),
    ],
)
def test_columns_of_ones_in_place_of_the_target_are_hinted_at(
    configured, workspace, table: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=f"no column 'label' .*{message}"):
        configure.run(configured(table=table), workspace)


def test_several_sheets_that_fit_are_told_with_the_key(configured, workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    for name in ("first", "second reader"):
        sheet = book.create_sheet(name)
        for row in (["id", "label"], ["1", "yes"], ["2", "no"]):
            sheet.append(row)
    book.save(workspace.root / "labels.xlsx")
    with pytest.raises(
        ConfigError,
        match=r"the sheets 'first' and 'second reader' all have .*`sheet: first` or `sheet: second reader`",
    ):
        configure.run(configured(labels="labels.xlsx"), workspace)
    assert configure.run(configured("sheet: second reader", labels="labels.xlsx"), workspace).changed


def test_what_is_no_table_is_told(configured, workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no rows under its header"):
        configure.run(configured(table="id,label\n"), workspace)


def test_classes_that_contradict_themselves_are_told(configured) -> None:
    with pytest.raises(ConfigError, match="the word 'yes' stands twice in `classes` and `missing`"):
        configured("classes: {sick: [yes], well: [yes]}")


def test_a_single_class_is_told(configured) -> None:
    with pytest.raises(ConfigError, match="`classes` needs two classes at least"):
        require_settings(configured("classes: {sick: [yes]}"))


def test_a_positive_outside_the_classes_is_told(configured) -> None:
    with pytest.raises(ConfigError, match="`positive: yes` is none of `classes`: sick, well"):
        configured("classes: {sick: [yes], well: [no]}", "positive: yes")


def test_several_targets_are_a_question_of_another_kind(configured) -> None:
    config = configured(target="[label, site]")
    with pytest.raises(ConfigError, match=r"study.yaml:6: several targets .*kind multilabel"):
        require_settings(config)


def test_no_copy_of_the_settings_names_a_folder_and_another_folder_is_still_seen(
    workspace: Workspace,
) -> None:
    def configured(raw: str) -> Config:
        path = workspace.root / "study.yaml"
        path.write_text(
            f"ingest: {{raw: /scans/{raw}, key: /keys/{raw}.key, executor: dask, scheduler: 'tcp://{raw}:1'}}\n"
            f"cohort: {{labels: {raw}.csv, target: label}}\n"
            "normalize: [{z_score: {}}]\nreport: {title: Study}\n"
        )
        (workspace.root / f"{raw}.csv").write_text(TABLE)
        return load(path)

    assert configure.run(configured("StMary"), workspace).changed
    written = [path for path in workspace.root.rglob("*") if path.is_file() and path.parent != workspace.root]
    assert len(written) > 8
    assert [path for path in written if b"StMary" in path.read_bytes()] == []
    assert "raw: (not kept)" in (workspace.candidate / "config.yaml").read_text()
    before = (workspace.sections / "ingest.json").read_bytes()
    assert not configure.run(configured("StMary"), workspace).changed
    assert configure.run(configured("StJohn"), workspace).changed
    assert (workspace.sections / "ingest.json").read_bytes() != before
