import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { LAB_LIMITS, type Order } from "./control.ts";

const closed = { additionalProperties: false };
const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const integer = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const within = ([minimum, maximum]: readonly [number, number]) => Type.Number({ minimum, maximum });

const DelaySchema = Type.Number({ minimum: 0, maximum: LAB_LIMITS.delayMs });
const EverySchema = within(LAB_LIMITS.everyMs);
const ForSchema = Type.Number({ minimum: 0, maximum: LAB_LIMITS.forMs });
const CutSchema = Type.Union([Type.Literal("fin"), Type.Literal("rst"), Type.Literal("silence")]);

const LinkSchema = Type.Object(
  {
    delayMs: DelaySchema,
    jitterMs: DelaySchema,
    bytesPerSecond: nullable(within(LAB_LIMITS.bytesPerSecond)),
    packetBytes: nullable(integer(...LAB_LIMITS.packetBytes)),
  },
  closed,
);

const WeatherSchema = Type.Object(
  {
    up: LinkSchema,
    down: LinkSchema,
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
      seed: integer(0, LAB_LIMITS.seed),
      preset: Type.Optional(Type.String({ maxLength: LAB_LIMITS.presetCharacters })),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal("cut"), how: CutSchema }, closed),
  Type.Object({ type: Type.Literal("restart"), forMs: ForSchema }, closed),
  Type.Object({ type: Type.Literal("stall"), forMs: ForSchema }, closed),
  Type.Object({ type: Type.Literal("record"), bytes: Type.Boolean() }, closed),
  Type.Object({ type: Type.Literal("time"), id: integer(0, Number.MAX_SAFE_INTEGER) }, closed),
  Type.Object(
    {
      type: Type.Literal("raw"),
      lane: integer(0, Number.MAX_SAFE_INTEGER),
      base64: Type.String({ maxLength: RAW_CHARACTERS, pattern: "^[A-Za-z0-9+/]*={0,2}$" }),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal("node"),
      node: integer(0, Number.MAX_SAFE_INTEGER),
      do: Type.Union([Type.Literal("kill"), Type.Literal("start"), Type.Literal("cut"), Type.Literal("join")]),
    },
    closed,
  ),
]);

/** Size of the largest order: a `raw` one, with the JSON around its bytes. */
export const ORDER_BYTES = RAW_CHARACTERS + 256;

const order = Compile(OrderSchema);

/** Returns whether parsed JSON is an order within its bounds. */
export function isOrder(value: unknown): value is Order {
  return order.Check(value);
}

/** Describes why a value is not a valid order, in one line. Names the field and never repeats its content. */
export function describeInvalid(value: unknown): string {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  const known = OrderSchema.anyOf.find(({ properties }) => properties.type.const === type);
  if (known === undefined) {
    const types = OrderSchema.anyOf.map(({ properties }) => properties.type.const).join(", ");
    return `This is not an order. Its type must be one of ${types}.`;
  }
  // An unknown field is reported twice: at its own path, whose last part is content of the order, and at its object.
  const first = Value.Errors(known, value).find(({ keyword }) => keyword !== "boolean");
  const place = `${known.properties.type.const}${first?.instancePath ?? ""}`;
  return `The order is invalid: ${place} ${first?.message ?? "is not allowed"}.`;
}
