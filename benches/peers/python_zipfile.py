"""Zips a folder with Python's own zipfile, deflate 6: python_zipfile.py FOLDER ZIP"""

import pathlib
import sys
import zipfile

folder, target = pathlib.Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        archive.write(path, path.relative_to(folder))
