// The kernel's exports, and nothing else.
export { OK } from "./layout";
