// The smallest possible program, to compare the executable's start-up with.
export {};
