/*
 * The host: data folder, SQLite database on the disk in memory, the real engine, listener and signer code; and its
 * operator, who starts, stops, backs up, restores and recovers it as the manual says.
 *
 * There is one at a time in a process, as there is one disk.
 */
#ifndef SIMULATE_HOST_H
#define SIMULATE_HOST_H

#include "authority/authority.h"
#include "host/engine.h"
#include "host/listener.h"
#include "signer.h"
#include "vendor.h"

/* What a host does that an honest one would not; for those that must be noticed, and for self-tests. */
enum dishonesty {
    HONEST,
    FORGETS_NUMBERS,  /* decides as if no number had been used */
    GRANTS_BEYOND,    /* has more seats than its license */
    DENIES_SEATS,     /* or fewer */
    REWRITES_HISTORY, /* after a restore it signs another history, whatever machines have seen */
    DROPS_LEAF,       /* leaves an entry out of what it shows the vendor */
};

struct host {
    char folder[PATH_SIZE];
    char database[PATH_SIZE];
    char backup[PATH_SIZE]; /* folder */
    struct config config;
    char site_key[SITE_KEY_FILE_MAX]; /* that it requires, as machines take it; "": none */
    struct log log;
    struct store *store;
    struct engine *engine;
    struct listener *listener;
    seconds clock_error;
    bool up;
    enum error_code trouble; /* why it could not be started */
    bool has_backup;
    char archive[PATH_SIZE]; /* the file of `avald backup` */
    bool has_archive;
    bool copied; /* a whole folder was put back and served untold: then it may have signed two trees of one size */
    unsigned opens;
    struct signed_trees trees;
};

/* What the host's clock shows is this plus its error. */
void host_set_time(seconds now);
/* From now on decide() and others are bent. */
void host_set_dishonesty(enum dishonesty dishonesty);

/* An empty folder below `root`, enrolled with the vendors, whose host_key it sets. */
void host_begin(struct host *host, const char *root, struct vendor *vendors, size_t vendor_count);
void host_end(struct host *host);
/* Makes a site key, and requires it from then on. Before it is started. */
void host_require_site_key(struct host *host);
/* Imports a signed document; a host that is up takes it up at once. */
void host_import(struct host *host, struct slice note);

/* Starts it; on failure `trouble` says why. */
bool host_start(struct host *host);
void host_stop(struct host *host);
/* After its disk stopped (disk.h): what was not synced is lost, or some of it, or nothing (killed). */
void host_crash(struct host *host, unsigned loss, uint64_t seed);
/* Has an idle host look after its store and signer. */
void host_tend(struct host *host);

/* `avalctl reclaim` on a host that is up; *ret_kind is what came of it. Errors of the engine. */
RESULT host_reclaim(struct host *host, const struct machine_id *machine, const char *license,
                    enum reclaim_kind *ret_kind);
/* `avalctl unblock` on a host that is up. NOT_FOUND where it is not blocked; errors of the engine. */
RESULT host_unblock(struct host *host, const struct machine_id *machine);
/* The same for all machines; it may fail as anything that writes may. */
void host_unblock_all(struct host *host);

/* Copies database and keys while it runs or not. */
void host_back_up(struct host *host);
/* Puts the copy back, the database alone or the signer's state too; the host is down. */
void host_restore(struct host *host, bool signer_too);
/* `avald backup`, while it runs or not; false: its database could not be copied. */
bool host_archive(struct host *host, seconds now);
/* `avald restore`, but for the epochs that it begins; the host is down. */
void host_unarchive(struct host *host);
/* What `avald recover` does, or with --restored, --clock or --copied. */
enum recovery { RECOVERY_LOST, RECOVERY_RESTORED, RECOVERY_CLOCK, RECOVERY_COPIED };
/* Begins epochs where they are needed. Returns how many. The host is down. */
size_t host_recover(struct host *host, const struct vendor *vendors, size_t vendor_count, enum recovery recovery);
/* Opens the database of a host that is down. Yours to close. */
RESULT host_open_store(struct host *host, struct store **ret_store);
/* Why nothing is added to the vendor's ledger, as status says it: OK, HOST_RESTORED, HOST_CLOCK. The host is up. */
enum error_code host_trouble_of(struct host *host, const struct vendor *vendor);

#endif
