/** Makes a function that runs one piece of work at a time for each name, in the order in which it is called. */
export function createTurns() {
  const turns = new Map<string, Promise<unknown>>();
  return function inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (turns.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    turns.set(name, settled);
    void settled.then(() => turns.get(name) === settled && turns.delete(name));
    return turn;
  };
}
