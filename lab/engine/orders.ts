import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import type { Order } from "./control.ts";
import { LAB_LIMITS } from "./limits.ts";

const closed = { additionalProperties: false };
const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const whole = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const within = ([minimum, maximum]: readonly [number, number]) => Type.Number({ minimum, maximum });

const DelaySchema = Type.Number({ minimum: 0, maximum: LAB_LIMITS.delayMs });
const EverySchema = within(LAB_LIMITS.everyMs);
const ForSchema = Type.Number({ minimum: 0, maximum: LAB_LIMITS.forMs });
const CutSchema = Type.Union([Type.Literal("fin"), Type.Literal("rst"), Type.Literal("silence")]);

const RoadSchema = Type.Object(
  {
    delayMs: DelaySchema,
    jitterMs: DelaySchema,
    bytesPerSecond: nullable(within(LAB_LIMITS.bytesPerSecond)),
    packetBytes: nullable(whole(...LAB_LIMITS.packetBytes)),
  },
  closed,
);

const WeatherSchema = Type.Object(
  {
    up: RoadSchema,
    down: RoadSchema,
    cut: nullable(Type.Object({ how: CutSchema, everyMs: EverySchema }, closed)),
    idleCutMs: nullable(EverySchema),
    stall: nullable(Type.Object({ everyMs: EverySchema, forMs: ForSchema }, closed)),
    buffers: Type.Boolean(),
    stripsUpgrade: Type.Boolean(),
    refuses: Type.Boolean(),
  },
  closed,
);

/** Four characters of base64 hold three bytes. */
const RAW_CHARACTERS = Math.ceil(LAB_LIMITS.rawBytes / 3) * 4;

const OrderSchema = Type.Union([
  Type.Object(
    {
      type: Type.Literal("weather"),
      weather: WeatherSchema,
      seed: whole(0, LAB_LIMITS.seed),
      preset: Type.Optional(Type.String({ maxLength: LAB_LIMITS.presetCharacters })),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal("cut"), how: CutSchema }, closed),
  Type.Object({ type: Type.Literal("restart"), forMs: ForSchema }, closed),
  Type.Object({ type: Type.Literal("stall"), forMs: ForSchema }, closed),
  Type.Object({ type: Type.Literal("record"), bytes: Type.Boolean() }, closed),
  Type.Object({ type: Type.Literal("time"), id: whole(0, Number.MAX_SAFE_INTEGER) }, closed),
  Type.Object(
    {
      type: Type.Literal("raw"),
      lane: whole(0, LAB_LIMITS.lanes - 1),
      base64: Type.String({ maxLength: RAW_CHARACTERS, pattern: "^[A-Za-z0-9+/]*={0,2}$" }),
    },
    closed,
  ),
]);

/** The largest order there is: a `raw` one, with what stands around its bytes. */
export const ORDER_BYTES = RAW_CHARACTERS + 256;

const order = Compile(OrderSchema);

/** Whether parsed JSON is an order within its bounds. */
export function isOrder(value: unknown): value is Order {
  return order.Check(value);
}

/** What is wrong with something that is no order, in one line that names the place and repeats none of its content. */
export function faultOf(value: unknown): string {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  const known = OrderSchema.anyOf.find(({ properties }) => properties.type.const === type);
  if (known === undefined) {
    const types = OrderSchema.anyOf.map(({ properties }) => properties.type.const).join(", ");
    return `That is no order. Its type must be one of ${types}.`;
  }
  // A field that no order has is told by its place, which is its name and hence content, and then once more without it.
  const first = Value.Errors(known, value).find(({ keyword }) => keyword !== "boolean");
  const place = `${known.properties.type.const}${first?.instancePath ?? ""}`;
  return `An order could not be carried out: ${place} ${first?.message ?? "is not what it takes"}.`;
}
