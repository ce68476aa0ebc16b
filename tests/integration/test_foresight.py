"""Users hear of gates that cannot decide before they pay, in every mode."""

POLITE = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "e2e"
stat = "p95"
max = "5 s"
"""
TOLD = (
    "arena: warning: x.arena.toml::new::e2e-p95: "
    "30 prompts cannot pass this gate at any record; p95 needs 59"
)


def test_a_gate_that_cannot_pass_is_told_after_collection_even_where_warnings_are_errors(project):
    project.suite(gates=POLITE)
    done = project.run("-W", "error", "--collect-only")
    assert done.ret == 0
    assert done.stdout.lines.count(TOLD) == 1
    done.stdout.fnmatch_lines(
        [
            "arena: x.arena.toml::new::win_rate: 30 prompts: will probably pass from 0.582 up *",
            TOLD,
            "*<SuiteFile x.arena.toml>",
        ]
    )
    assert project.calls() == []


def test_under_xdist_the_controller_tells_it_once(project):
    project.suite(gates=POLITE)
    done = project.run("-n", "2", "-W", "error", "-k", "p95")
    assert done.ret == 1  # inconclusive, which fails the build; and no warning does more
    warned = [line for line in done.stdout.lines if "ArenaWarning" in line]
    assert len(warned) == 1
    assert warned[0].endswith("30 prompts cannot pass this gate at any record; p95 needs 59")
