"""What an alarm needs of a pack: all else in it may be wrong, and the alarm still goes out."""

from pathlib import Path
from typing import Self

from program.pack.contact import Contact, Correspondence
from program.pack.pack import Pack, Program
from program.pack.yaml_file import Model, load_model


class AlarmAddresses(Model):
    """Whose program an alarm is about, who signs it and who gets it."""

    program: Program
    office: Contact
    engineer: Contact

    @classmethod
    def of_pack(cls, pack: Pack) -> Self:
        """Return those of a pack."""
        return cls._of(pack.program, pack.correspondence)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return those of a pack's folder. No other file of it is read.

        Raises:
            ConfigurationError: One of the two files is wrong. The message names file, line and key.
        """
        program = load_model(folder / "program.yaml", Program)
        return cls._of(program, load_model(folder / "contacts.yaml", Correspondence))

    @classmethod
    def _of(cls, program: Program, correspondence: Correspondence) -> Self:
        return cls(
            program=program,
            office=correspondence.office,
            engineer=correspondence.engineer,
        )
