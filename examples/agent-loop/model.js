// Stands for a language model: for each task, which tool it calls next, given what the last one has answered.

export const tasks = {
  *primes() {
    const fewer = yield { tool: "primes", input: 10_000 };
    const more = yield { tool: "primes", input: 20_000 };
    return `${more - fewer} primes are between 10,000 and 20,000`;
  },
  *rabbits() {
    const pairs = yield { tool: "fibonacci", input: 24 };
    const more = yield { tool: "fibonacci", input: 60 }; // it has no idea what that takes
    return `${more} pairs of rabbits after ${pairs}`;
  },
  *hailstones() {
    const longest = yield { tool: "collatz", input: 20_000 };
    return `${longest} takes longest to come down`;
  },
  *more_primes() {
    const count = yield { tool: "primes", input: 50_000 };
    return `${count} primes are below 50,000`;
  },
};
