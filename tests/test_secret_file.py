from pathlib import Path

from broker import secret_file


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    made = secret_file.read_or_make(path)

    assert len(made) == 64
    assert secret_file.read_or_make(path) == made
    assert secret_file.read_or_make(tmp_path / "another") != made
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_whose_writing_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.with_suffix(".new").touch()

    assert len(secret_file.read_or_make(path)) == 64
