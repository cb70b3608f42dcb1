// What handles of what the kernel itself serves have in common: pages, segments, joins and waits.

import type { Core } from "./core.js";
import { RescindedError } from "./errors.js";
import type { NodeId } from "./id.js";
import { Node } from "./node.js";

export abstract class Handle {
  readonly id: NodeId;
  readonly name: string;
  /** @internal */
  protected readonly core: Core;
  /** What it is called where it is refused. @internal */
  readonly what: string;

  /** @internal */
  constructor(core: Core, id: NodeId, name: string, what = name) {
    this.core = core;
    this.id = id;
    this.name = name;
    this.what = what;
  }

  /** Every key to it is void from now on. @throws {RescindedError} */
  rescind(): void {
    new Node(this.core, this.id, this.what).rescind();
  }

  /** @throws {RescindedError} @internal */
  protected mustBeLive(): void {
    if (!this.core.isLive(this.id)) throw new RescindedError(this.what);
  }
}
