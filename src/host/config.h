/*
 * Configuration of avald: one INI file, every option also a flag. Read once at start and again at SIGHUP.
 *
 *   [host]    data = /var/lib/avald
 *   [listen]  port = 8216          address = :: (repeated; default: all addresses, IPv6 and IPv4)
 *   [limits]  connections = 20000  connections-per-address = 10000  idle-timeout = 10s  request-timeout = 15s
 *             queue = 20000        batch = 1024
 *   [log]     format = text|json   level = debug|info|warning|error
 *
 * Which options exist, their types, ranges, defaults and help texts stand in one table in config.c; the parser, the
 * flags, `avald check-config` and the manual page test read it.
 */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include "base/time.h"
#include "host/log.h"
#include "system/files.h"

enum { LISTEN_ADDRESSES_MAX = 16, LISTEN_ADDRESS_SIZE = 64 };

struct config {
    char data[PATH_SIZE];
    uint16_t port; /* 0: any free one, for tests; written to the file `port` of the data folder */
    size_t address_count;
    char addresses[LISTEN_ADDRESSES_MAX][LISTEN_ADDRESS_SIZE];
    unsigned connections;
    unsigned connections_per_address;
    seconds idle_timeout;
    seconds request_timeout;
    unsigned queue; /* requests waiting for the next batch; more are answered host-busy */
    unsigned batch; /* requests in one transaction */
    enum log_format log_format;
    enum log_level log_level;
};

#endif
