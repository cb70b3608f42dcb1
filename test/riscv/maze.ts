// Programs that lead through many short rows, by all kinds of jumps: most of their time is decoding.
import {
  auipc,
  branchOps,
  ECALL,
  immediateOps,
  jal,
  jalr,
  loadOps,
  lui,
  registerOps,
  storeOps,
} from "./assembler.js";
import type { Random } from "./random.js";

const { addi, andi, xori } = immediateOps as Record<"addi" | "andi" | "xori", typeof jalr>;
const STATE = 10;
const LEFT = 11;
const T0 = 5;
const T1 = 6;
const NOP = addi(0, 0, 0);
const LOBBY = 4;
const ROOM = 13;
/** How far the rooms that a branch leads to may be. */
const NEAR = 60;

const high = (value: number) => value + 0x800;
const low = (value: number) => (value << 20) >> 20;

export const roomAt = (code: number, room: number): number => code + 4 * (LOBBY + ROOM * room);

/**
 * So many rooms; each leads to one of two others, by the state. It ends after LEFT rooms. Of rooms
 * that store, one in `storing` stores an instruction of its own over itself; 0: none.
 */
export function maze(random: Random, code: number, rooms: number, storing = 0): number[] {
  const exit = code + 4;
  const program = [jal(0, 4 * LOBBY), ECALL, NOP, NOP];
  for (let room = 0; room < rooms; room++) {
    const next = () => code + 4 * program.length;
    const near = Math.min(rooms - 1, Math.max(0, room + random.below(2 * NEAR) - NEAR));
    const far = roomAt(code, random.below(rooms));
    program.push(addi(STATE, STATE, random.below(2048)));
    program.push(registerOps.mul!(T0, STATE, STATE));
    program.push(xori(STATE, T0, random.below(2048)));
    if (storing > 0 && random.below(storing) === 0) {
      program.push(auipc(T1, 0), loadOps.lw!(T0, T1, 0), storeOps.sw!(T1, T0, 0));
    }
    program.push(addi(LEFT, LEFT, -1), branchOps.bne!(LEFT, 0, 8));
    program.push(jal(0, exit - next()));
    program.push(andi(T0, STATE, 1 << random.below(8)));
    program.push(branchOps.bne!(T0, 0, roomAt(code, near) - next()));
    if (random.below(2) === 0) program.push(jal(1, far - next()));
    else program.push(lui(T1, high(far)), jalr(0, T1, low(far)));
    while (program.length < LOBBY + ROOM * (room + 1)) program.push(NOP);
  }
  return program;
}

export { LEFT, STATE };
