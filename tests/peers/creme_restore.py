"""Restores a real CRM, Creme on PostgreSQL: 5% of the records of all models and some files are deleted or garbled with Creme's own models, the
backup is restored through the API, and undone. Creme's models, its files and PostgreSQL's own dump say what there is."""

import json
import pathlib
import re
import tempfile
import uuid

from backup import ROOT
from creme_installation import Creme
from local import program
from postgres_comparison import Database, page_sql
from restored_crm import RestoredCrm, Restoring, dumped

ORGANISATION = "Creme"
# What people see as modules, and the tables behind them; the other profile leaves documents out.
PROFILE = re.sub(r', category = "\w+"', "", (ROOT / "infra/profiles/creme.toml").read_text()).replace('name = "creme"', 'name = "whole"')


class RestoredCreme(RestoredCrm):
    """Records by table and key, as Creme's models have them, and the file of every document."""

    name = "Creme"

    def __init__(self, creme):
        self.creme = creme

    def everything(self):
        return {(table, key): digest for table, key, digest in map(json.loads, self.creme.script("print_everything.py").splitlines())}

    def dumped(self):
        return dumped(self.creme.server)

    def damage(self):
        return json.loads(self.creme.script("damage.py"))

    def is_enough(self, damage, count):
        return damage["deleted"] + damage["garbled"] > count / 50 and damage["tables"] > 20

    def is_gone(self, found, key):
        return found[key] is None


def main():
    creme, password = Creme(Database(), "postgresql"), uuid.uuid4().hex
    media = creme.script("make_files.py").splitlines()[-1]
    names = {"a_long_random_password": password, "sales": "public", "crm_owner": "creme"}
    creme.server.sql(page_sql("CREATE ROLE", **names) + page_sql("GRANT INSERT", **names))
    with tempfile.TemporaryDirectory() as profiles:
        (pathlib.Path(profiles) / "whole.toml").write_text(PROFILE)
        address = f"postgres://hozon:{password}@127.0.0.1:{creme.server.port}/crm"
        operator = ["connect", address, "--org", ORGANISATION, "--profile", "whole", "--files", media]
        with program({ORGANISATION: "Own"}, operator, options=["--profiles", profiles]) as running:
            hozon = Restoring(running, ORGANISATION)
            hozon.back_up()
            restored = RestoredCreme(creme)
            restored.undo(hozon, *restored.restore(hozon, hozon.newest_backup()))


if __name__ == "__main__":
    main()
