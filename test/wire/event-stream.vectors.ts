/** One stream, and what it means. */
interface Vector {
  /** Where the case comes from; the behaviour is theirs, the words are not. */
  readonly origin: string;
  readonly stream: string;
  /** data, last event id (default: none), type (default: message). */
  readonly events: readonly (readonly [data: string, lastEventId?: string, type?: string])[];
}

const LONG = "x".repeat(2_048);

/** Examples of WHATWG HTML, section 9.2, and cases of the web platform tests, folder `eventsource`. */
export const VECTORS: readonly Vector[] = [
  {
    origin: "WHATWG HTML 9.2.1, events of several types",
    stream: "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
    events: [
      ["73857293", "", "add"],
      ["2153", "", "remove"],
      ["113411", "", "add"],
    ],
  },
  {
    origin: "WHATWG HTML 9.2.6, data of several lines",
    stream: "data: YHOO\ndata: +2\ndata: 10\n\n",
    events: [["YHOO\n+2\n10"]],
  },
  {
    origin: "WHATWG HTML 9.2.6, a comment, an id, an id taken back, a leading space",
    stream: ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    events: [["first event", "1"], ["second event"], [" third event"]],
  },
  {
    origin: "WHATWG HTML 9.2.6, empty data, and a last block without an end",
    stream: "data\n\ndata\ndata\n\ndata:",
    events: [[""], ["\n"]],
  },
  {
    origin: "WHATWG HTML 9.2.6, one space after the colon is no part of the value",
    stream: "data:test\n\ndata: test\n\n",
    events: [["test"], ["test"]],
  },
  {
    origin: "WPT event-data: unknown fields and a comment between",
    stream: "data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n",
    events: [["msg\nmsg"], [""], ["end"]],
  },
  {
    origin: "WPT format-bom: one at the beginning is left out, another one is not",
    stream: "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n",
    events: [["1"], ["3"]],
  },
  {
    origin: "WPT format-bom-2: of two only the first is left out",
    stream: "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n",
    events: [["2"], ["3"]],
  },
  {
    origin: "WPT format-comments: of any length, with any line end",
    stream: `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:fail\r:${LONG}\ndata:4\n\n`,
    events: [["1\n2\n3\n4"]],
  },
  {
    origin: "WPT format-data-before-final-empty-line: what no empty line ends is no event",
    stream: "retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
    events: [["test1"]],
  },
  { origin: "WPT format-field-data", stream: "data:\n\ndata\ndata\n\ndata:test\n\n", events: [[""], ["\n"], ["test"]] },
  {
    origin: "WPT format-field-event: holds for one event",
    stream: "event:test\ndata:x\n\ndata:x\n\n",
    events: [["x", "", "test"], ["x"]],
  },
  { origin: "WPT format-field-event-empty: is `message`", stream: "event: \ndata:data\n\n", events: [["data"]] },
  { origin: "WPT format-field-id", stream: "id: …\nretry: 200\ndata: hello\n\n", events: [["hello", "…"]] },
  {
    origin: "WPT format-field-id-3: persists",
    stream: "id: 1\ndata: 1\n\ndata:2\n\n",
    events: [
      ["1", "1"],
      ["2", "1"],
    ],
  },
  {
    origin: "WPT format-field-id-3: changes and persists",
    stream: "id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",
    events: [
      ["1", "1"],
      ["2", "2"],
      ["3", "2"],
    ],
  },
  {
    origin: "WPT format-field-id-3: resets",
    stream: "id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
    events: [["1", "1"], ["2"], ["3"]],
  },
  { origin: "WPT format-field-id-null: is ignored", stream: "id: \0\0\ndata: hello\n\n", events: [["hello"]] },
  {
    origin: "WPT format-field-parsing: names are exact, NUL is a character like others",
    stream:
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
    events: [["\0\n 2\n1\n3\n\n4"]],
  },
  { origin: "WPT format-field-retry: digits alone", stream: "retry:03000\ndata:x\n\n", events: [["x"]] },
  { origin: "WPT format-field-retry-bogus", stream: "retry:3000\nretry:1000x\ndata:x\n\n", events: [["x"]] },
  { origin: "WPT format-field-retry-empty", stream: "retry\ndata:test\n\n", events: [["test"]] },
  {
    origin: "WPT format-field-unknown",
    stream: "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
    events: [["test\n\ntest"]],
  },
  {
    origin: "WPT format-leading-space: one space, and no tab",
    stream: "data:\ttest\rdata: \ndata:test\n\n",
    events: [["\ttest\n\ntest"]],
  },
  {
    origin: "WPT format-newlines: LF, CR and CRLF end a line",
    stream: "data:test\r\ndata\ndata:test\r\n\r\n",
    events: [["test\n\ntest"]],
  },
  { origin: "WPT format-null-character", stream: "data:\0\n\n\n\n", events: [["\0"]] },
  { origin: "WPT format-utf-8: always, whatever the type says", stream: "data:ok…\n\n", events: [["ok…"]] },
];
