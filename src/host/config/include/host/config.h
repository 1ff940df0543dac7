/*
 * Configuration of avald: one INI file, every option also a flag. Read once at start and again at SIGHUP.
 *
 *   [host]    data = /var/lib/avald
 *   [listen]  port = 8216          address = :: (repeated; default: all addresses, IPv6 and IPv4)
 *   [limits]  connections = 20000  connections-per-address = 10000  idle-timeout = 10s  request-timeout = 15s
 *             queue = 20000        batch = 1024
 *   [ledger]  public = no
 *   [machines] about = no          networks = 10.0.0.0/8 (repeated; default: all)
 *             new-at-once = 10000         new-per-hour = 1000
 *             new-at-once-total = 100000  new-per-hour-total = 10000
 *   [site]    required = no
 *   [log]     format = text|json   level = debug|info|warning|error
 *
 * Which options exist, their types, ranges, defaults and help texts stand in one table in config.c; the parser, the
 * flags, `avald check-config` and the manual page test read it.
 */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include "base/reason.h"
#include "base/time.h"
#include "host/networks.h"
#include "system/files.h"
#include "system/log.h"

#define CONFIG_FILE "/etc/aval/avald.conf" /* read where no other is named, if it exists */
enum {
    LISTEN_ADDRESSES_MAX = 16,
    LISTEN_ADDRESS_SIZE = 64,
    CONFIG_SIZE_MAX = 64 * 1024,
    CONFIG_LINE_MAX = 198, /* of the library that reads it */
};

struct config {
    char data[PATH_SIZE];
    uint16_t port; /* 0: any free one, for tests; written to the file `port` of the data folder */
    size_t address_count;
    char addresses[LISTEN_ADDRESSES_MAX][LISTEN_ADDRESS_SIZE];
    unsigned connections;
    unsigned connections_per_address;
    seconds idle_timeout;
    seconds request_timeout;
    unsigned queue;           /* requests waiting for the next batch; more are answered host-busy */
    unsigned batch;           /* requests in one transaction */
    bool ledger_public;       /* the activation listener serves the ledgers' tiles too */
    bool machines_about;      /* keep what machines tell of themselves */
    struct networks networks; /* whose machines may ask */
    unsigned new_at_once;     /* new machines of one address, see struct new_rates in host/engine.h; */
    unsigned new_per_hour;    /* and the same of all: */
    unsigned new_at_once_total;
    unsigned new_per_hour_total;
    bool site_required; /* only machines that have the site key are given anything */
    enum log_format log_format;
    enum log_level log_level;
};

/* One row of the table: an option, as file, flag, help and manual know it. */
struct config_option {
    const char *section;
    const char *key;
    const char *flag;     /* without dashes */
    const char *value;    /* what it takes, such as "PORT" */
    const char *fallback; /* its default, as it would be written; "" for none */
    bool live;            /* a reload changes it; the others need a restart */
    const char *help;
};
/* The table; ends with a section of NULL. */
extern const struct config_option config_options[];

void config_defaults(struct config *ret_config);
/* Sets one option to what a file or a flag says; addresses and networks are added. CONFIG_BAD_VALUE. */
RESULT config_set(struct config *config, const struct config_option *option, const char *value, struct reason *reason);
/* Reads the text of a file over `config`; an option may be said once, but addresses and networks. CONFIG_SYNTAX,
 * CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE, TEXT_TOO_LONG with the line of the first fault. After a failure `config` is
 * unchanged. */
RESULT config_parse(struct slice text, struct config *config, struct reason *reason);
/* The same of a file. FILE_READ, FILE_TOO_LARGE too. */
RESULT config_read(const char *path, struct config *config, struct reason *reason);
/* Writes the value of an option as a file would say it; several addresses with ", " between. */
void config_value_write(const struct config *config, const struct config_option *option, struct buffer *out);

#endif
