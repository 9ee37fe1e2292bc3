// The smallest program there is: what the executable's start-up is compared with.
export {};
