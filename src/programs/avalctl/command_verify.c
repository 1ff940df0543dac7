/*
 * avalctl ledger verify: the whole database of a ledger against its own checkpoint, in stretches.
 *
 * A running host is asked for each stretch, since it alone sees its database whole; where none runs, the database is
 * opened here, under the folder's lock. Either way the position is kept in a file, from which the next run goes on.
 */
#include "avalctl.h"

#include "authority/authority.h"
#include "authority/folder.h"
#include "base/sentences.h"
#include "ledger/archive.h"
#include "ledger/verification.h"
#include "proto/api.h"
#include "store/sqlite.h"
#include "system/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STRETCH = 10000,          /* leaves, hashes or machines between two looks at the clock */
    SAVE_MILLISECONDS = 1000, /* between two writings of the position */
    FINDINGS_KEPT = 10000,    /* for --json; all are counted */
    QUERY_MAX = 4096,
    POSITION_MAX = 4096,
};

#define POSITION_FILE "ledger-check"

struct checking {
    const struct arguments *arguments;
    struct authority *authority;
    int lock;            /* -1: a host runs, and is asked */
    struct store *store; /* NULL: the same */

    /* The ledger under way. */
    const struct authority_vendor *vendor;
    char path[PATH_SIZE]; /* of its position */
    struct verification verification;
    struct progress progress;
    int64_t saved_ms;
    struct control_verified found; /* of this run, for --json */
};

/* ---- the position ---- */

static int position_failed(const struct checking *checking, struct result why, const struct reason *reason)
{
    return say_failure(AVALCTL, checking->path, why, reason_text(reason));
}

/* Where the run before stopped, or the begin. */
static int load_position(struct checking *checking)
{
    const struct verifier_key *key = &checking->vendor->host_key;
    const char *given = argument_value(checking->arguments, "resume", NULL);
    struct result state = given != NULL ? slice_copy_text(slice_of(given), checking->path, sizeof checking->path)
                                        : folder_vendor_path(folder_of(checking->arguments), checking->vendor->vendor,
                                                             POSITION_FILE, checking->path);
    if (is_ok(state))
        state = verification_begin(key, 1, &checking->verification);
    if (!is_ok(state))
        return position_failed(checking, state, NULL);
    if (argument_given(checking->arguments, "restart") || !file_exists(checking->path))
        return EXIT_FINE;
    CLEANUP_BUFFER struct buffer text = buffer_make(POSITION_MAX);
    struct reason reason = {.text = ""};
    state = given != NULL ? file_read(checking->path, &text, &reason) : file_read_kept(checking->path, &text, &reason);
    if (!is_ok(state))
        return position_failed(checking, state, &reason);
    struct verification kept;
    uint64_t epoch;
    if (!is_ok(verification_read(buffer_slice(&text), &kept)) || !is_ok(origin_epoch(kept.origin, key->name, &epoch)) ||
        epoch > checking->vendor->epoch) {
        say_hint(_("%s is no position of a check of this ledger; it begins anew."), checking->path);
        return EXIT_FINE;
    }
    checking->verification = kept;
    say_hint(_("%s: goes on where the last check stopped, which had found %" PRIu64 " faults. --restart begins anew."),
             checking->vendor->vendor, verification_findings(&kept));
    return EXIT_FINE;
}

static int save_position(struct checking *checking)
{
    const int64_t now = clock_monotonic_ms();
    if (now - checking->saved_ms < SAVE_MILLISECONDS)
        return EXIT_FINE;
    checking->saved_ms = now;
    CLEANUP_BUFFER struct buffer text = buffer_make(POSITION_MAX);
    verification_write(&checking->verification, &text);
    struct reason reason = {.text = ""};
    const struct result state = file_write(checking->path, buffer_slice(&text), 0600, &reason);
    return is_ok(state) ? EXIT_FINE : position_failed(checking, state, &reason);
}

/* ---- a stretch ---- */

static int step_here(struct checking *checking, struct control_verified *verified)
{
    struct reason reason = {.text = ""};
    const struct result state = verification_step(checking->store, &checking->vendor->host_key, &checking->verification,
                                                  STRETCH, verified, &reason);
    if (is_ok(state))
        return EXIT_FINE;
    progress_end(&checking->progress);
    return say_failure(AVALCTL, checking->vendor->vendor, state, reason.text);
}

static int step_at_host(struct checking *checking, struct control_verified *verified)
{
    uint64_t epoch = 1;
    result_ignore(origin_epoch(checking->verification.origin, checking->vendor->host_key.name, &epoch));
    char number[24];
    snprintf(number, sizeof number, "%" PRIu64, epoch);
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer position = buffer_make(POSITION_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    buffer_append_text(&query, CONTROL_VERIFY);
    query_add(&query, "vendor", checking->vendor->vendor);
    query_add(&query, "epoch", number);
    verification_write(&checking->verification, &position);
    *verified = (struct control_verified){0};
    const int asked = ask_host(checking->arguments, checking->vendor->vendor, "POST", buffer_text(&query),
                               buffer_slice(&position), &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct result state = control_verified_read(buffer_slice(&answer), verified);
    if (is_ok(state))
        state = verification_read(slice_of(verified->position), &checking->verification);
    return is_ok(state) ? EXIT_FINE : answer_unreadable(state);
}

/* Says what was found, or keeps it for --json, with where the check stands. */
static void take_findings(struct checking *checking, const struct control_verified *verified)
{
    struct control_verified *const found = &checking->found;
    const struct control_verified kept = *found;
    *found = *verified;
    found->findings = kept.findings;
    found->finding_count = kept.finding_count;
    memcpy(found->vendor, checking->vendor->vendor, sizeof found->vendor);
    if (verified->finding_count == 0)
        return;
    if (!wants_json(checking->arguments)) {
        progress_end(&checking->progress);
        for (size_t i = 0; i < verified->finding_count; i++)
            say_text("%s: %s\n", verified->origin, verified->findings[i].message);
        return;
    }
    for (size_t i = 0; i < verified->finding_count && found->finding_count < FINDINGS_KEPT; i++) {
        struct control_finding *const grown =
            reallocarray(found->findings, found->finding_count + 1, sizeof *found->findings);
        if (grown == NULL)
            return; /* the count tells of it */
        found->findings = grown;
        found->findings[found->finding_count++] = verified->findings[i];
    }
}

static void show_progress(struct checking *checking, const struct control_verified *verified)
{
    const bool counted = strcmp(verified->stage, "leaves") == 0;
    checking->progress.what = counted ? _("checking leaf") : _("checking what stands beside the leaves:");
    checking->progress.total = counted ? verified->total : verified->looked_at;
    progress_show(&checking->progress, verified->looked_at, clock_monotonic_ms());
}

/* ---- a ledger ---- */

/* What all findings together are. */
static enum error_code kind_of(const struct verification *verification)
{
    if (verification->not_signed > 0)
        return ERR_LEDGER_NOT_SIGNED;
    return verification->archive == verification_findings(verification) ? ERR_ARCHIVE_MISSING : ERR_STORE_CORRUPT;
}

static int verdict(struct checking *checking)
{
    const struct verification *const verification = &checking->verification;
    const uint64_t findings = verification_findings(verification);
    struct control_verified *const found = &checking->found;
    CLEANUP_BUFFER struct buffer json = buffer_make(CONTROL_ANSWER_MAX);
    if (wants_json(checking->arguments)) {
        const struct result written = control_verified_write(found, &json);
        if (!is_ok(written))
            return answer_unreadable(written);
        print_json(&json);
    }
    if (findings > 0) {
        char detail[64];
        snprintf(detail, sizeof detail,
                 findings == 1 ? _("%" PRIu64 " fault was found") : _("%" PRIu64 " faults were found"), findings);
        return say_failure(AVALCTL, verification->origin, FAIL_CODE(kind_of(verification)), detail);
    }
    if (!wants_json(checking->arguments))
        say_text(_("%s: all %" PRIu64 " leaves are there as they were signed, and what stands beside them agrees.\n"),
                 verification->origin, verification->position.size);
    return EXIT_FINE;
}

/* One epoch, from where the verification stands. */
static int check_epoch(struct checking *checking)
{
    checking->progress = (struct progress){.began_ms = clock_monotonic_ms()};
    bool finished = false;
    int status = EXIT_FINE;
    while (status == EXIT_FINE && !finished) {
        struct control_verified verified;
        status = checking->store != NULL ? step_here(checking, &verified) : step_at_host(checking, &verified);
        finished = verified.finished;
        take_findings(checking, &verified);
        if (status == EXIT_FINE)
            status = save_position(checking);
        if (status == EXIT_FINE)
            show_progress(checking, &verified);
        control_verified_free(&verified);
    }
    progress_end(&checking->progress);
    return status;
}

static int check_ledger(struct checking *checking)
{
    int status = load_position(checking);
    if (status == EXIT_FINE)
        status = check_epoch(checking);
    while (status == EXIT_FINE && checking->found.next_epoch != 0) {
        result_ignore(
            verification_next(&checking->vendor->host_key, checking->found.next_epoch, &checking->verification));
        status = check_epoch(checking);
    }
    if (status != EXIT_FINE)
        return status;
    result_ignore(file_remove(checking->path, NULL));
    return verdict(checking);
}

/* ---- all of them ---- */

static int open_folder(struct checking *checking)
{
    const char *folder = folder_of(checking->arguments);
    const struct log log = {LOG_WARNING, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    char path[PATH_SIZE];
    struct reason reason = {.text = ""};
    struct result state = authority_load(folder, &log, &checking->authority, &reason);
    if (is_ok(state))
        state = path_join(path, folder, FOLDER_LOCK);
    if (is_ok(state))
        state = file_lock(path, 0, &checking->lock, &reason);
    if (result_code(state) == ERR_LOCKED)
        return EXIT_FINE;
    if (!is_ok(state))
        return say_failure(AVALCTL, folder, state, reason.text);
    state = path_join(path, folder, FOLDER_DATABASE);
    const struct store_sqlite_options options = {.path = path};
    if (is_ok(state))
        state = store_open_sqlite(&options, &checking->store, &reason);
    if (is_ok(state))
        archive_attach(checking->store, folder_of(checking->arguments));
    return is_ok(state) ? EXIT_FINE : say_failure(AVALCTL, path, state, reason.text);
}

static int check_all(struct checking *checking)
{
    const char *name = argument_value(checking->arguments, "vendor", NULL);
    const struct authority *const authority = checking->authority;
    if (name != NULL && authority_find_vendor(authority, name) == NULL)
        return say_failure(AVALCTL, name, FAIL(NOT_FOUND), _("no such vendor is enrolled here"));
    if (name == NULL && authority->vendor_count > 1 && argument_given(checking->arguments, "resume"))
        return say_usage(AVALCTL, _("--resume keeps the position of one ledger; say --vendor too"));
    int status = EXIT_FINE;
    for (size_t i = 0; i < authority->vendor_count; i++) {
        checking->vendor = &authority->vendors[i];
        if (name != NULL && strcmp(name, checking->vendor->vendor) != 0)
            continue;
        const int one = check_ledger(checking);
        control_verified_free(&checking->found);
        if (status == EXIT_FINE)
            status = one; /* the first failure; the other ledgers are checked all the same */
    }
    return status;
}

int command_ledger_verify(const struct arguments *arguments, void *context)
{
    (void)context;
    struct checking checking = {.arguments = arguments, .lock = -1};
    int status = open_folder(&checking);
    if (status == EXIT_FINE)
        status = check_all(&checking);
    store_close(checking.store);
    authority_release(checking.authority);
    file_unlock(checking.lock);
    return status;
}
