// Calls that move domains: start and stop them, run them under another meter, answer for their
// keepers.

import { OK, STATUS_SPENT, STATUS_WRONG_STATE } from "../../assembly/codes.js";
import { METER_SUPERIOR_SLOT } from "../../assembly/layout.js";
import { type Call, Caller, meterKey } from "./caller.js";
import { ENDED, type Handle } from "./model.js";

type DomainCall = "domainStart" | "domainStop" | "domainEnd";

export class DomainCalls extends Caller {
  setMeter(domain: Handle, meter: Handle): Call {
    const { index } = domain;
    return this.swap(
      () => `runs domain ${index} under meter ${meter.index}`,
      domain,
      METER_SUPERIOR_SLOT,
      () => meterKey(meter),
      () => this.model.setMeter(index, this.linkTo(meter)),
    );
  }

  #domain(words: () => string, domain: Handle, name: DomainCall, then: () => void): Call {
    const { index, allocation } = domain;
    const model = this.model;
    return this.call(
      words,
      () => this.exports[name](index, allocation),
      this.live(domain, () => (model.state[index] === ENDED ? STATUS_WRONG_STATE : OK)),
      then,
    );
  }

  start(domain: Handle): Call {
    const { index } = domain;
    const words = () => `starts domain ${index}`;
    return this.#domain(words, domain, "domainStart", () => this.model.start(index));
  }

  /** Stops it, or ends it for good. */
  stop(domain: Handle, state: number): Call {
    const { index } = domain;
    const isEnd = state === ENDED;
    return this.#domain(
      () => `${isEnd ? "ends" : "stops"} domain ${index}`,
      domain,
      isEnd ? "domainEnd" : "domainStop",
      () => this.model.stop(index, state),
    );
  }

  evict(domain: Handle): Call {
    const { index, allocation } = domain;
    return this.call(
      () => `takes the record of domain ${index}`,
      () => this.exports.domainUnprepare(index, allocation),
      this.live(domain),
    );
  }

  /** What a keeper answers; the kernel refuses what comes too late. */
  answer(domain: Handle, call: number, declines: boolean): Call {
    const { index, allocation } = domain;
    const model = this.model;
    const name = declines ? "domainDecline" : "domainRestart";
    let isDone = false;
    // The event that it is parked comes before the answer of the call.
    const decline = (parked: number) => {
      isDone ||= parked === index && model.decline(index, call);
    };
    return this.call(
      () => `${declines ? "declines for" : "restarts"} domain ${index}`,
      () => {
        isDone = false;
        this.judge.declining = declines ? decline : undefined;
        const status = this.exports[name](index, allocation, call);
        this.judge.look();
        this.judge.declining = undefined;
        return status;
      },
      this.live(domain, () => (isDone || model.call[index] === call ? OK : STATUS_SPENT)),
      () => {
        if (!declines) model.restart(index, call);
        else if (!isDone) decline(index);
      },
    );
  }
}
