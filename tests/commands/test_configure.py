from pipeline.commands import configure
from pipeline.config import Cohort, Config, Ingest, Report
from pipeline.workspace import Workspace


def test_every_table_the_cohort_reads_is_watched_by_its_content(workspace: Workspace) -> None:
    tables = {name: workspace.root / f"{name}.csv" for name in ("labels", "links")}
    for path in tables.values():
        path.write_text("a,b\n1,2\n")
    config = Config(
        name="study",
        ingest=Ingest(raw="raw"),
        cohort=Cohort(labels="labels.csv", target="label", links="links.csv"),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )
    assert configure.run(config, workspace).changed
    assert not configure.run(config, workspace).changed
    for path in tables.values():
        path.write_text("a,b\n1,3\n")
        assert configure.run(config, workspace).changed
    tables["links"].unlink()
    assert configure.run(config, workspace).changed
