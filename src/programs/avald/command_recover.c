/*
 * `avald recover`: begins the next epoch of each ledger whose database is behind what was signed, with --clock of each
 * whose newest leaf is far ahead of the clock, with --restored of one that was shown to be an old copy, or with
 * --copied of all, because the operator knows that the folder is one; and says so. The host must be stopped; the
 * folder's lock is held meanwhile.
 */
#include "authority/folder.h"
#include "base/sentences.h"
#include "commands.h"
#include "core/rules/clock.h"
#include "ledger/archive.h"
#include "ledger/epochs.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct recovery {
    const char *folder;
    const char *vendor; /* NULL: all */
    bool yes;
    bool clock;    /* ledgers ahead of the clock, and not those that lost something */
    bool restored; /* the ledger of `vendor`, if this host was shown that it is an old copy */
    bool copied;   /* all ledgers: the operator says that this is an old copy */
    int lock;
    struct authority *authority;
    struct store *store;
    size_t lost;       /* ledgers that are to be begun again */
    const char *shown; /* the last vendor of whose ledger this host was shown more than it has */
    struct reason reason;
};

static int failed(const struct recovery *recovery, const char *what, struct result why)
{
    return say_failure(AVALD, what, why, recovery->reason.text);
}

static int open_folder(struct recovery *recovery)
{
    char path[PATH_SIZE];
    const struct log log = {LOG_WARNING, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    struct result state = owner_become(recovery->folder, &recovery->reason); /* to the end */
    char name[HOST_NAME_SIZE];
    if (is_ok(state))
        state = path_join(path, recovery->folder, FOLDER_LOCK);
    if (is_ok(state))
        state = folder_host_name(recovery->folder, name, &recovery->reason);
    if (is_ok(state))
        state = file_lock(path, FOLDER_LOCK_WAIT_MS, &recovery->lock, &recovery->reason);
    if (result_code(state) == ERR_LOCKED)
        return say_failure(AVALD, recovery->folder, state, _("an avald serves it; stop that first"));
    if (is_ok(state))
        state = authority_load(recovery->folder, &log, &recovery->authority, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, recovery->folder, state);
    if (recovery->vendor != NULL && authority_find_vendor(recovery->authority, recovery->vendor) == NULL)
        return say_failure(AVALD, recovery->vendor, FAIL(NOT_FOUND), _("no such vendor is enrolled here"));
    state = path_join(path, recovery->folder, FOLDER_DATABASE);
    const struct store_sqlite_options options = {.path = path, .create = true};
    if (is_ok(state))
        state = store_open_sqlite(&options, &recovery->store, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, path, state);
    archive_attach(recovery->store, recovery->folder);
    return EXIT_FINE;
}

static void say_begun(const struct authority_vendor *vendor, const struct epoch *epoch)
{
    say_text(_("%s: began the ledger %s\n"), vendor->vendor, epoch->origin);
    if (epoch->why == EPOCH_RESTORED)
        say_hint(_("Its first leaf says what this host was shown of the entries that it has not. Machines renew by "
                   "themselves; tell %s, who will read of it in the next audit."),
                 vendor->vendor);
    else if (epoch->why == EPOCH_CLOCK)
        say_hint(_("Its first leaf says that it was the clock. Machines renew by themselves; tell %s, who will read "
                   "of it in the next audit."),
                 vendor->vendor);
    else
        say_hint(_("Its first leaf says what was lost. Tell %s, who will read of it in the next audit."),
                 vendor->vendor);
    say_hint(
        _("What the database has of the ledger before is exported once the host serves; the vendor needs what he has "
          "not audited of it: `avalctl ledger export --vendor %s --epoch all --output FILE`"),
        vendor->vendor);
}

void command_pass_second(seconds second)
{
    const struct timespec pause = {0, 20000000};
    for (unsigned i = 0; i < 100 && clock_now() == second; i++) /* a clock may stand still */
        nanosleep(&pause, NULL);
}

static int begin(struct recovery *recovery, const struct authority_vendor *vendor, const struct epoch_loss *loss,
                 enum epoch_why why)
{
    recovery->lost++;
    if (!recovery->yes)
        return EXIT_FINE;
    struct epoch epoch;
    const struct result state =
        epoch_begin(recovery->folder, recovery->store, vendor, loss, why, clock_now(), &epoch, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, vendor->vendor, state);
    say_begun(vendor, &epoch);
    command_pass_second(epoch.began);
    return EXIT_FINE;
}

static void say_lost(const struct authority_vendor *vendor, const struct epoch_loss *loss)
{
    struct reason lost = {.text = ""};
    if (loss->state_lost) {
        say_text(
            _("%s: what the signer keeps of this vendor's ledger is missing, damaged or older than what it signed; of "
              "%s the database has %" PRIu64 " leaves, and knows that %" PRIu64 " were signed\n"),
            vendor->vendor, loss->signed_last.origin, loss->found, loss->signed_last.size);
        return;
    }
    result_ignore(epoch_loss_say(vendor->origin, loss->found, loss->signed_last.size, &lost));
    say_text("%s: %s\n", vendor->vendor, lost.text);
}

static int recover_lost(struct recovery *recovery, const struct authority_vendor *vendor, const struct epoch_loss *loss)
{
    if (!loss->lost)
        return EXIT_FINE;
    say_lost(vendor, loss);
    return begin(recovery, vendor, loss, EPOCH_LOST);
}

/* What was lost comes first: the epoch that says so has the right time too. */
static int recover_clock(struct recovery *recovery, const struct authority_vendor *vendor,
                         const struct epoch_loss *loss)
{
    const seconds now = clock_now();
    if (!clock_is_behind(now, loss->newest))
        return EXIT_FINE;
    if (loss->lost)
        return say_failure(AVALD, vendor->vendor, loss->state_lost ? FAIL(SIGNER_STATE) : FAIL(STORE_ROLLED_BACK),
                           NULL);
    char newest[TIME_TEXT_SIZE];
    char clock[TIME_TEXT_SIZE];
    time_write(loss->newest, newest);
    time_write(clock_bounded(now), clock);
    say_text(_("%s: the newest leaf of %s is of %s, and the clock shows %s\n"), vendor->vendor, vendor->origin, newest,
             clock);
    return begin(recovery, vendor, loss, EPOCH_CLOCK);
}

/* What was lost beside it stands in the same leaf. */
static int recover_restored(struct recovery *recovery, const struct authority_vendor *vendor,
                            const struct epoch_loss *loss)
{
    for (size_t i = 0; i < loss->shown_count; i++)
        say_text(_("%s: this host was shown that it had signed %" PRIu64 " leaves of %s; it has %" PRIu64 " of %s\n"),
                 vendor->vendor, loss->shown[i].seen.size, loss->shown[i].seen.origin, loss->found, vendor->origin);
    return loss->shown_count == 0 ? EXIT_FINE : begin(recovery, vendor, loss, EPOCH_RESTORED);
}

/* Nothing in a copy says that it is one, so its operator must. */
static int recover_copied(struct recovery *recovery, const struct authority_vendor *vendor,
                          const struct epoch_loss *loss)
{
    char newest[TIME_TEXT_SIZE] = "-";
    if (loss->newest > 0)
        time_write(loss->newest, newest);
    say_text(_("%s: this copy has %" PRIu64 " leaves of %s; the newest is of %s\n"), vendor->vendor, loss->found,
             vendor->origin, newest);
    return begin(recovery, vendor, loss, EPOCH_RESTORED);
}

static int recover_vendor(struct recovery *recovery, const struct authority_vendor *vendor)
{
    struct epoch_loss loss;
    const struct result state = epoch_look(recovery->folder, recovery->store, vendor, &loss, &recovery->reason);
    if (!is_ok(state))
        return failed(recovery, vendor->vendor, state);
    if (loss.shown_count > 0)
        recovery->shown = vendor->vendor;
    if (recovery->restored)
        return recover_restored(recovery, vendor, &loss);
    if (recovery->copied)
        return recover_copied(recovery, vendor, &loss);
    return recovery->clock ? recover_clock(recovery, vendor, &loss) : recover_lost(recovery, vendor, &loss);
}

/* Says that there is no reason, or what --yes would mean. */
static int say_what_to_do(const struct recovery *recovery)
{
    if (recovery->lost == 0 && recovery->shown != NULL)
        return say_failure(AVALD, recovery->shown, FAIL(NOTHING_LOST),
                           _("but a machine has shown this host entries that it has not: `avald recover --restored "
                             "VENDOR` is for that"));
    if (recovery->lost == 0)
        return say_failure(AVALD, recovery->vendor != NULL ? recovery->vendor : recovery->folder, FAIL(NOTHING_LOST),
                           recovery->restored ? _("nor has a machine shown this host entries that it has not")
                           : recovery->clock  ? _("nor is a ledger more than four hours ahead of the clock")
                                              : NULL);
    if (recovery->restored)
        return say_usage(AVALD,
                         _("if there is a newer copy of the data folder, restore that. If not, `avald recover "
                           "--restored %s --yes` begins this ledger again; that cannot be taken back, and the vendor "
                           "will see it"),
                         recovery->vendor);
    if (recovery->copied)
        return say_usage(AVALD,
                         _("if there is a newer copy of the data folder, restore that. If not, `avald recover --copied "
                           "--yes` begins these ledgers again before this one serves; that cannot be taken back, and "
                           "their vendors will see it"));
    if (recovery->clock)
        return say_usage(AVALD,
                         _("if it is the clock that is wrong, set it right, and nothing else is needed. If it is "
                           "right, `avald recover --clock --yes` begins these ledgers again; that cannot be taken "
                           "back, and their vendors will see it"));
    return say_usage(AVALD, _("if there is a newer copy of what was lost, restore that. If not, `avald recover --yes` "
                              "begins these ledgers again; that cannot be taken back, and their vendors will see it"));
}

static int recover_all(struct recovery *recovery)
{
    const struct authority *const authority = recovery->authority;
    assert(authority != NULL); /* open_folder has loaded it */
    for (size_t i = 0; i < authority->vendor_count; i++) {
        const struct authority_vendor *const vendor = &authority->vendors[i];
        if (recovery->vendor != NULL && strcmp(recovery->vendor, vendor->vendor) != 0)
            continue;
        const int status = recover_vendor(recovery, vendor);
        if (status != EXIT_FINE)
            return status;
    }
    return recovery->lost > 0 && recovery->yes ? EXIT_FINE : say_what_to_do(recovery);
}

int command_recover(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct recovery recovery = {.folder = config.data,
                                .vendor = argument_value(arguments, "vendor", NULL),
                                .yes = argument_given(arguments, "yes"),
                                .clock = argument_given(arguments, "clock"),
                                .restored = argument_given(arguments, "restored"),
                                .copied = argument_given(arguments, "copied"),
                                .lock = -1};
    if (recovery.restored && (recovery.clock || recovery.vendor != NULL))
        return say_usage(AVALD, _("--restored names the vendor, and goes with neither --vendor nor --clock"));
    if (recovery.copied && (recovery.clock || recovery.restored))
        return say_usage(AVALD, _("--copied goes with neither --clock nor --restored"));
    if (recovery.restored)
        recovery.vendor = argument_value(arguments, "restored", NULL);
    status = open_folder(&recovery);
    if (status == EXIT_FINE)
        status = recover_all(&recovery);
    store_close(recovery.store);
    authority_release(recovery.authority);
    file_unlock(recovery.lock);
    return status;
}
