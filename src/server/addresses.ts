import { BlockList, isIP } from "node:net";

/**
 * One text for all addresses that are one caller: an IPv4 address however it is written, an IPv6 one by its /64. What is
 * no address at all, as a proxy may pass on, is one caller too.
 */
export function callerKey(address: string): string {
  const family = isIP(address);
  if (family === 0) return "unknown";
  if (family === 4) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  // Whoever is given one IPv6 address is given all of its /64.
  const [front = "", back] = (address.split("%", 1)[0] ?? address).toLowerCase().split("::");
  const head = groupsOf(front);
  const tail = back === undefined ? [] : groupsOf(back);
  const zeros = back === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  if (text === "") return [];
  // The last 32 bits may be written as an IPv4 address: two groups, whatever they are, as only the first four count.
  return text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}

/** Whether a text names an address or a range of them: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
export function isRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Says of an address whether it is in one of the ranges. Each range must be one by `isRange`. */
export function inRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
