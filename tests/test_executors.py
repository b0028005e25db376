from faulty_work import work

from pipeline.executors import ChildLimits, Failure, run

LIMITS = ChildLimits(seconds=1.5, memory_mb=2048)


def test_a_child_that_dies_hangs_or_grows_costs_its_own_batch_alone() -> None:
    results = list(run(work, range(1, 8), workers=2, limits=LIMITS))
    assert results == [
        (1, 1),
        (2, Failure("died", "exit code -6")),
        (3, Failure("hung", "more than 1.5 s")),
        (4, Failure("memory", "more than 2048 MB")),
        (5, Failure("error", "KeyError")),
        (6, 36),
        (7, 49),
    ]


def test_the_result_does_not_depend_on_the_number_of_children() -> None:
    batches = [10, 20, 30, 40]
    assert list(run(work, batches, workers=1, limits=LIMITS)) == list(
        run(work, batches, workers=3, limits=LIMITS)
    )
