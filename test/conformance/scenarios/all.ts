// Importing a file of scenarios registers them.
import "./attaching.ts";
import "./commands.ts";
import "./delivery.ts";
import "./presence.ts";
import "./private.ts";
import "./readers.ts";
import "./strain.ts";
