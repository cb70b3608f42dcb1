// What the host does to the naive model of core residence (course.ts).

import { Course } from "./course.js";
import { type ModelDomain, type ModelMeter, ModelPage, ModelWord } from "./parts.js";

export type { ModelPlan, Scan } from "./course.js";

export class Model extends Course {
  createPage(): ModelPage {
    const page = new ModelPage(true);
    this.objects.push(page);
    return page;
  }

  map(domain: ModelDomain, page: ModelPage, at: number, isWritable: boolean): boolean {
    if (domain.words.has(at)) return false;
    domain.words.set(at, new ModelWord(page, isWritable, false));
    return true;
  }

  unmap(domain: ModelDomain, at: number): boolean {
    const word = domain.words.get(at);
    if (!word) return false;
    domain.words.delete(at);
    this.core.drop(word);
    return true;
  }

  stop(domain: ModelDomain): void {
    this.detain(domain);
    domain.state = "stopped";
  }

  rescind(domain: ModelDomain): void {
    this.detain(domain);
    this.core.forget(domain);
    domain.state = "gone";
    const words = [...domain.words].sort(([a], [b]) => a - b).map(([, word]) => word);
    domain.words.clear();
    const isObject = ({ page }: ModelWord) => this.objects.includes(page);
    for (const word of words.filter(isObject)) this.core.drop(word);
    for (const word of words.filter((word) => !isObject(word))) this.core.drop(word);
    const image = domain.image!;
    if (--image.users > 0) return;
    for (const page of image.pages.values()) {
      page.isOwned = false;
      this.core.leave(page);
    }
    this.images.delete(domain.text!);
  }

  setMeter(domain: ModelDomain, meter: ModelMeter): void {
    domain.meter = meter;
    domain.hasCycles = false;
    if (!this.meters.some(({ waiters }) => waiters.includes(domain))) return;
    this.detain(domain);
    this.enqueue(domain);
  }

  setSuperior(meter: ModelMeter, superior: ModelMeter): void {
    this.wakeAllAbove(meter);
    this.recall(meter);
    meter.superior = superior;
  }

  rescindMeter(meter: ModelMeter): void {
    this.wakeAllAbove(meter);
    this.recall(meter);
    meter.rescinded = true;
    for (const page of this.core.resident()) {
      if (page.account === meter) page.account = null;
      if (page.first === meter) page.first = null;
    }
    for (const other of this.meters) if (other.superior === meter) other.superior = null;
    for (const domain of this.domains) if (domain.meter === meter) domain.meter = null;
  }

  off(meter: ModelMeter): void {
    this.recall(meter);
    if (meter.isOff) return;
    meter.isOff = true;
    meter.aside = meter.keeper;
    if (meter.keeper) this.wakeWaiters(meter);
    meter.keeper = null;
  }

  on(meter: ModelMeter): void {
    if (!meter.isOff) return;
    this.recall(meter);
    meter.isOff = false;
    this.wakeWaiters(meter);
    meter.keeper = meter.aside;
    meter.aside = null;
  }
}
