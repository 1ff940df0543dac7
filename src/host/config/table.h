/* Which options there are: one row for each, from which file, flags, help and manual are made. */
#ifndef HOST_CONFIG_TABLE_H
#define HOST_CONFIG_TABLE_H

#include "base/sentences.h"

enum config_kind {
    KIND_PATH,
    KIND_PORT,
    KIND_ADDRESS,
    KIND_NETWORKS,
    KIND_NUMBER,
    KIND_DURATION,
    KIND_YES_NO,
    KIND_FORMAT,
    KIND_LEVEL
};

/* X(section, key, flag, value, kind, field, least, most, fallback, live, help) */
#define DATA_OPTION(X) \
    X("host", "data", "data", "FOLDER", PATH, data, 0, 0, "/var/lib/avald", false, N_("the data folder of this host"))
#define OPTIONS(X) \
    X("listen", "port", "port", "PORT", PORT, port, 0, 65535, "8216", false, \
      N_("port to listen on; 0: any free one, which is written to the file `port` of the data folder")) \
    X("listen", "address", "address", "ADDRESS", ADDRESS, addresses, 0, 0, "", false, \
      N_("IPv4 or IPv6 address to listen on, may be repeated; default: all of both")) \
    X("limits", "connections", "connections", "N", NUMBER, connections, 1, 1000000, "20000", false, \
      N_("connections open at one time")) \
    X("limits", "connections-per-address", "connections-per-address", "N", NUMBER, connections_per_address, 1, \
      1000000, "10000", false, N_("connections open at one time from one address")) \
    X("limits", "idle-timeout", "idle-timeout", "TIME", DURATION, idle_timeout, 1, HOUR, "10s", false, \
      N_("a connection on which nothing happens for that long is closed, such as 10s")) \
    X("limits", "request-timeout", "request-timeout", "TIME", DURATION, request_timeout, 1, HOUR, "15s", false, \
      N_("a request that is not complete after that long is cut off")) \
    X("limits", "queue", "queue", "N", NUMBER, queue, 1, 1000000, "20000", false, \
      N_("requests waiting for the next batch; more are answered host-busy")) \
    X("limits", "batch", "batch", "N", NUMBER, batch, 1, 8192, "1024", false, N_("requests in one transaction")) \
    X("ledger", "public", "ledger-public", "YES|NO", YES_NO, ledger_public, 0, 0, "no", false, \
      N_("yes: whoever can reach the port may read the ledgers too; no: only through the control socket")) \
    X("machines", "about", "machines-about", "YES|NO", YES_NO, machines_about, 0, 0, "no", false, \
      N_("yes: keep what machines tell of themselves, such as name and version; no: keep none of it, and forget what " \
         "is " \
         "there")) \
    X("machines", "networks", "machines-networks", "NETWORK", NETWORKS, networks, 0, 0, "", true, \
      N_("networks whose machines may ask, such as 10.0.0.0/8 or 2001:db8::/32, may be repeated; default: all")) \
    X("machines", "new-at-once", "machines-new-at-once", "N", NUMBER, new_at_once, 1, 1000000000, "10000", true, \
      N_("machines that the host does not know yet, taken at once from one address or IPv6 /64")) \
    X("machines", "new-per-hour", "machines-new-per-hour", "N", NUMBER, new_per_hour, 1, 1000000000, "1000", true, \
      N_("and once these are used up, so many an hour")) \
    X("machines", "new-at-once-total", "machines-new-at-once-total", "N", NUMBER, new_at_once_total, 1, 1000000000, \
      "100000", true, N_("the same from all addresses together, at once")) \
    X("machines", "new-per-hour-total", "machines-new-per-hour-total", "N", NUMBER, new_per_hour_total, 1, 1000000000, \
      "10000", true, N_("the same from all addresses together, an hour")) \
    X("site", "required", "site-required", "YES|NO", YES_NO, site_required, 0, 0, "no", true, \
      N_("yes: only machines that have the site key are counted or given anything (see avald site-key new)")) \
    X("log", "format", "log-format", "FORMAT", FORMAT, log_format, 0, 0, "text", true, N_("text or json")) \
    X("log", "level", "log-level", "LEVEL", LEVEL, log_level, 0, 0, "info", true, \
      N_("least important events to log: debug, info, warning or error"))

#endif
