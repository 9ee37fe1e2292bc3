import { assertEquals } from "@std/assert";
import {
  type Answer,
  loggedAddress,
  readAnswers,
} from "../../lib/watch/answer.ts";

const A = "127.0.0.1:1";
const B = "127.0.0.1:2";

/** A line as nginx writes it. */
function line(
  values: Partial<
    Record<
      | "addr"
      | "status"
      | "header"
      | "response"
      | "completion"
      | "length"
      | "expected"
      | "grpcHeader"
      | "grpcTrailer"
      | "connection",
      string
    >
  >,
): string {
  const whole = {
    addr: A,
    status: "200",
    header: "0.012",
    response: "0.020",
    completion: "OK",
    length: "5",
    expected: "5",
    grpcHeader: "-",
    grpcTrailer: "-",
    connection: "7",
    ...values,
  };
  return Object.values(whole).join("\t");
}

const ok = { address: A, connection: 7, ms: 12 };
const lost = { address: A, connection: 7, failure: "gateway" };

for (
  const { name, values, answers } of [
    { name: "an answer", values: {}, answers: [ok] },
    {
      name: "nobody was asked",
      values: { addr: "-", status: "-" },
      answers: [],
    },
    {
      name: "the service failed",
      values: { status: "500" },
      answers: [{ ...ok, failure: "5xx" }],
    },
    {
      name: "nobody listens",
      values: { status: "502", header: "-" },
      answers: [lost],
    },
    {
      name: "it took too long",
      values: { status: "504", header: "-", response: "60.001" },
      answers: [{ ...lost, ms: 60_001 }],
    },
    {
      name: "another release answered in its place",
      values: {
        addr: `${A}, ${B}`,
        status: "502, 200",
        header: "-, 0.012",
        response: "0.000, 0.012",
      },
      answers: [lost, { ...ok, address: B }],
    },
    {
      name: "the same answered on a new connection",
      values: {
        addr: `${A}, ${A}`,
        status: "502, 200",
        header: "-, 0.012",
        response: "0.000, 0.012",
      },
      answers: [ok],
    },
    {
      name: "nginx was led on to another",
      values: {
        addr: `${A} : ${B}`,
        status: "200 : 200",
        header: "0.012 : 0.012",
        response: "0.1 : 0.1",
      },
      answers: [ok, { ...ok, address: B }],
    },
    {
      name: "broken off",
      values: { length: "3" },
      answers: [{ ...ok, failure: "cut" }],
    },
    {
      name: "the client has hung up",
      values: { length: "3", completion: "" },
      answers: [ok],
    },
    {
      name: "the client didn't wait",
      values: { status: "499", header: "-" },
      answers: [{ ...ok, ms: 20 }],
    },
    { name: "HEAD", values: { length: "0" }, answers: [ok] },
    {
      name: "a websocket",
      values: { status: "101", response: "300.000" },
      answers: [{ address: A, connection: 7 }],
    },
    {
      name: "gRPC failed",
      values: { grpcTrailer: "13" },
      answers: [{ ...ok, failure: "5xx" }],
    },
    { name: "gRPC found nothing", values: { grpcHeader: "5" }, answers: [ok] },
    {
      name: "a socket with a comma",
      values: { addr: "unix:/a, b" },
      answers: [{ ...ok, address: "unix:/a, b" }],
    },
    {
      name: "a length that is no number",
      values: { expected: "1e9" },
      answers: [ok],
    },
    { name: "a status that is none", values: { status: "x" }, answers: [] },
    {
      name: "a connection that is none",
      values: { connection: "" },
      answers: [],
    },
  ] as { name: string; values: Parameters<typeof line>[0]; answers: Answer[] }[]
) {
  Deno.test(`readAnswers(): ${name}`, () => {
    const read = readAnswers(line(values));
    assertEquals(JSON.parse(JSON.stringify(read)), answers);
  });
}

Deno.test("readAnswers() makes nothing of what isn't a line of the log", () => {
  for (
    const text of ["", "\t", `${line({})}\t`, line({}).slice(5), "x".repeat(9)]
  ) {
    assertEquals(readAnswers(text).filter(({ address }) => address === A), []);
  }
});

Deno.test("loggedAddress() spells an address as nginx's log does", () => {
  assertEquals(loggedAddress("127.0.0.1:80"), "127.0.0.1:80");
  assertEquals(loggedAddress('unix:/ü"\\'), "unix:/\\xC3\\xBC\\x22\\x5C");
});
