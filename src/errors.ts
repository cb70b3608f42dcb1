/** What every error of this package extends: `code` names the kind, for programs. */
export class PrimemeterError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument or option of the wrong type or outside its range. */
export class OptionError extends PrimemeterError {
  constructor(message: string) {
    super("BAD_OPTION", message);
  }
}

export type ElfErrorCode =
  | "ELF_MAGIC"
  | "ELF_CLASS"
  | "ELF_ENDIAN"
  | "ELF_VERSION"
  | "ELF_TYPE"
  | "ELF_MACHINE"
  | "ELF_FLOAT_ABI"
  | "ELF_EMBEDDED_ABI"
  | "ELF_HEADER"
  | "ELF_TRUNCATED"
  | "ELF_DYNAMIC"
  | "ELF_SEGMENT"
  | "ELF_ENTRY";

/** A program file that is not a static 32-bit RISC-V executable, or is malformed. */
export class ElfError extends PrimemeterError {
  declare readonly code: ElfErrorCode;

  constructor(code: ElfErrorCode, message: string) {
    super(code, message);
  }
}
