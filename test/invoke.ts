// What a guest puts into a7 to invoke a key.

export const CALL = 0x4b00;
export const RETURN = 0x4b01;
export const FORK = 0x4b02;
export type InvokeKind = typeof CALL | typeof RETURN | typeof FORK;
