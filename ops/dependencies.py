"""Prints the parts of setup.cfg that require a new installation when they change.

Other changes require none, so commands keep working where no package index can be reached.
Usage: ops/dependencies.py EXTRA,EXTRA
"""

import sys
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What an editable installation copies.
OPTIONS = ("python_requires", "install_requires", "package_dir", "py_modules")


def main(extras: str) -> None:
    """Print the requirements, what is copied, and the locked versions, without comments."""
    setup = ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    print(extras)
    for option in OPTIONS:
        print(setup["options"][option])
    for extra in extras.split(","):
        print(setup["options.extras_require"][extra])
    for group, scripts in setup["options.entry_points"].items():
        print(group, scripts)
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if "==" in line:
            print(line.split()[0])


if __name__ == "__main__":
    main(sys.argv[1])
