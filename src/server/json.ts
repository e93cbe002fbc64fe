import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { ProtocolError } from "../protocol/errors.ts";

/**
 * Accepts JSON bodies only, in valid UTF-8: decoding with replacement characters would change what a member said. Clients
 * announce JSON on requests without a body too, so an empty body is no body where the route takes none.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0 && request.routeOptions.schema?.body === undefined) done(null, undefined);
    else if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(new ProtocolError("malformed", { message: "The body is not valid UTF-8. Send JSON in UTF-8." }));
  });
}
