# Skyrocket behind Varnish 7.1 or later, started with `-p timeout_idle=60`: by itself it lets a client's connection go
# after 5 s, and commands would often need a new one. What ends TLS (hitch, HAProxy …) stands before it.
# The server behind it listens on loopback: `npm start -- --no-lab --origins https://chat.example --trust-proxy 127.0.0.1`.
# Why each line is here, and what becomes of a reader without it: docs/proxies.md. test/proxies runs this very file.

vcl 4.1;

backend skyrocket {
	.host = "127.0.0.1";
	.port = "3000";
	# Above the longest silence there is: a long poll may be held for 120 s.
	.first_byte_timeout = 130s;
	.between_bytes_timeout = 130s;
}

sub vcl_recv {
	# Host is passed on as it came: the server answers to the names in --origins. Varnish appends who calls to
	# X-Forwarded-For by itself; what ends TLS before it is named in --trust-proxy as well.
	# Streams: bytes are passed on both ways as they come, and the one end's going is the other's. By `pass` the server
	# would hear of a reader's going only at its next heartbeat, and Varnish would take in all that a slow one does not.
	if (req.url ~ "^/transports/(sse|websocket)(\?|$)") {
		return (pipe);
	}
	# Everything else that is said to one member only.
	if (req.url ~ "^/(api|transports)/") {
		return (pass);
	}
}

sub vcl_pipe {
	# Varnish takes both headers out of a request; here they are what the request is about.
	if (req.http.Upgrade) {
		set bereq.http.Upgrade = req.http.Upgrade;
		set bereq.http.Connection = req.http.Connection;
	}
}
