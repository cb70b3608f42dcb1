// The exports of the shared build with assertions: tests stop and undo changes at every store.

export { journalBegin, journalEnd, journalFilled, journalRollback, journalUse } from "./journal";
export * from "./shared";
