// What was invalidated when: an answer counts as current if its request began after all that concerns it.
//
// Stamps are milliseconds, pushed on by one where the clock stands still or another tab's is ahead (a hybrid logical
// clock, Kulkarni et al. 2014), so that an order seen is an order kept.

export class Fences {
  constructor({ now, most = 1000 }) {
    Object.assign(this, { now, most });
    this.marks = new Map();
    this.floor = 0;
    this.last = 0;
  }

  next() {
    this.last = Math.max(this.now(), this.last + 1);
    return this.last;
  }

  // Another tab's stamp: ours are later from here on.
  saw(stamp) {
    this.last = Math.max(this.last, stamp);
  }

  mark(tag, stamp = this.next()) {
    this.saw(stamp);
    const latest = Math.max(stamp, this.marks.get(tag) ?? 0);
    this.marks.delete(tag);
    this.marks.set(tag, latest);
    if (this.marks.size > this.most) this.forgetOldest();
  }

  markAll() {
    this.floor = this.next();
    this.marks.clear();
  }

  isCurrent({ stamp, tags }) {
    return stamp > this.floor && [...tags].every((tag) => stamp > (this.marks.get(tag) ?? 0));
  }

  // A forgotten mark must not make anything current again: whatever is older than it counts as invalidated.
  forgetOldest() {
    const [[tag, stamp]] = this.marks;
    this.marks.delete(tag);
    this.floor = Math.max(this.floor, stamp);
  }
}
