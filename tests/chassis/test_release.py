"""Which commit of the source runs."""

from pathlib import Path

from libs.chassis.release import commit_of

COMMIT, OTHER = "4f1c" * 10, "5a2d" * 10


def test_a_checkout_a_packed_branch_a_worktree_and_a_lone_commit_tell_which_one_they_are(tmp_path: Path) -> None:
    git = tmp_path / "main" / ".git"
    own = git / "worktrees" / "side"
    (git / "refs" / "heads").mkdir(parents=True)
    own.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (git / "refs" / "heads" / "main").write_text(f"{COMMIT}\n", "utf-8")
    (git / "packed-refs").write_text(f"# pack-refs\n{OTHER} refs/heads/side\n", "utf-8")
    (own / "HEAD").write_text("ref: refs/heads/side\n", "utf-8")
    (own / "commondir").write_text("../..\n", "utf-8")
    side, lone, none = tmp_path / "side", tmp_path / "lone" / ".git", tmp_path / "none" / ".git"
    side.write_text(f"gitdir: {own}\n", "utf-8")
    lone.mkdir(parents=True)
    (lone / "HEAD").write_text(OTHER, "utf-8")

    assert [commit_of(each) for each in (git, side, lone, none)] == [COMMIT, OTHER, OTHER, None]
