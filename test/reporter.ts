import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with `N passed, N failed, N skipped` alone on a line, for tools that count tests. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      if (module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped++;
      }
    }
    // The default reporter prints its own summary first.
    setTimeout(() => console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`), 0);
  }
}
