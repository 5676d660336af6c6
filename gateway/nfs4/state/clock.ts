/** Milliseconds that only ever go forward and stand still while the machine sleeps: `performance.now()`. */
export type Clock = () => number;
