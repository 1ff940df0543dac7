/* The audit of exports that belong together; see group.h. */
#include "audit/group.h"

#include "base/sentences.h"
#include "system/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOK_ENDING ".audit"

enum { LOCK_WAIT_MS = 1000, PROGRESS_STEP = 4096 };

bool group_has(const struct auditing *first, const struct auditing *other)
{
    return strcmp(first->roll.hosts[0], other->roll.hosts[0]) == 0;
}

/* What the desk has kept */

static const struct roll *roll_of(const struct group *group)
{
    return &group->each[0].roll;
}

/* Two hosts may have been audited apart before a license joined them; their books cannot be put together. */
static RESULT find_kept(struct group *group)
{
    const struct roll *roll = roll_of(group);
    size_t found = 0;
    TRY(kept_path(group->command, roll->hosts[0], BOOK_ENDING, group->kept));
    for (size_t i = 0; i < roll->host_count; i++) {
        char path[PATH_SIZE];
        TRY(kept_path(group->command, roll->hosts[i], BOOK_ENDING, path));
        if (!file_exists(path))
            continue;
        if (found++ > 0)
            return reason_say(&group->command->reason, FAIL(AUDIT_GAP),
                              _("%s and %s were audited apart, and a license joins them now; move both files away, and "
                                "audit all leaves of all hosts"),
                              group->kept, path);
        memcpy(group->kept, path, sizeof path);
    }
    return RESULT_OK;
}

static RESULT open_folder(struct group *group)
{
    struct command *command = group->command;
    char folder[PATH_SIZE];
    char lock[PATH_SIZE];
    const char *first = roll_of(group)->hosts[0];
    TRY(path_join(folder, command_folder(command), "audit"));
    TRY(kept_path(command, first, ".lock", lock));
    char name[KEY_NAME_SIZE + 1];
    (void)snprintf(name, sizeof name, ".%s", first);
    TRY(kept_path(command, name, ".working", group->working));
    command_about(command, folder);
    TRY(folder_make(folder, 0700, &command->reason));
    TRY(file_lock(lock, LOCK_WAIT_MS, &group->lock, &command->reason));
    return find_kept(group);
}

/* What SQLite may have left beside it would be taken for a part of the next one. */
static RESULT remove_working(const struct group *group, struct reason *reason)
{
    char journal[PATH_SIZE + 16];
    (void)snprintf(journal, sizeof journal, "%s-journal", group->working);
    TRY(file_remove(journal, reason));
    return file_remove(group->working, reason);
}

static RESULT new_working(const struct group *group)
{
    command_about(group->command, group->working);
    TRY(remove_working(group, &group->command->reason));
    /* SQLite would make it readable for everybody. */
    return file_create(group->working, slice_of(""), 0600, &group->command->reason);
}

static RESULT open_book(struct group *group)
{
    struct command *command = group->command;
    const struct auditing *first = &group->each[0];
    TRY(new_working(group));
    if (file_exists(group->kept)) {
        command_about(command, group->kept);
        TRY(book_continue(group->kept, group->working, &group->book, &command->reason));
        if (!first->has_previous || audit_continues(group->book, &first->roll, first->stream->reader.header.from))
            return RESULT_OK;
        book_free(group->book);
        group->book = NULL;
        TRY(new_working(group));
    }
    return book_new(group->working, &group->book, &command->reason);
}

/* The work */

static void show_progress(void *context, uint64_t done)
{
    struct group *group = context;
    if (done % PROGRESS_STEP == 0)
        progress_show(&group->progress, done, clock_monotonic_ms());
}

bool group_misses(const struct group *group, const char *host)
{
    return group->count > 0 && roll_is_joined(roll_of(group)) && !audit_walk_has(&group->walk, host);
}

static RESULT make_walk(struct group *group)
{
    const struct roll *roll = roll_of(group);
    uint64_t total = 0;
    group->exports = calloc(group->count, sizeof *group->exports);
    ENSURE(group->exports != NULL, NO_MEMORY);
    for (size_t i = 0; i < group->count; i++) {
        struct auditing *auditing = &group->each[i];
        const struct export_header *header = &auditing->stream->reader.header;
        group->exports[i] = (struct walk_export){.audit = auditing->audit,
                                                 .roll = &auditing->roll,
                                                 .stream = auditing->stream,
                                                 .previous = auditing->has_previous ? &auditing->previous : NULL,
                                                 .note = &auditing->note};
        total += header->to - header->from;
    }
    group->walk = (struct audit_walk){.exports = group->exports,
                                      .count = group->count,
                                      .book = group->book,
                                      .now = clock_now(),
                                      .each = show_progress,
                                      .context = group};
    group->progress = (struct progress){.what = _("auditing leaf"), .total = total, .began_ms = clock_monotonic_ms()};
    for (size_t i = 0; i < roll->host_count; i++)
        group->missing += group_misses(group, roll->hosts[i]);
    return RESULT_OK;
}

static RESULT run(struct group *group)
{
    TRY(open_folder(group));
    TRY(open_book(group));
    TRY(make_walk(group));
    command_about(group->command, group->each[0].path);
    const struct result result = audit_walk(&group->walk, &group->command->reason);
    progress_end(&group->progress);
    command_about(group->command, group->each[group->walk.at].path);
    return result;
}

RESULT group_run(struct group *group)
{
    const struct result result = run(group);
    for (size_t i = 0; i < group->count; i++) {
        struct auditing *auditing = &group->each[i];
        auditing->done = group->exports != NULL && group->exports[i].done;
        auditing->audit->partial = auditing->audit->partial || group->missing > 0;
    }
    return result;
}

/* The outcome */

static bool is_to_be_kept(const struct group *group)
{
    bool is_new = false;
    for (size_t i = 0; i < group->count; i++) {
        if (!group->each[i].audit->continues)
            return false; /* nobody knows what the leaves before were */
        is_new = is_new || audit_is_to_be_kept(group->each[i].audit);
    }
    return is_new; /* or the one kept knows more */
}

/* The largest checkpoint of each ledger. */
static RESULT keep_checkpoints(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct auditing *auditing = &group->each[i];
        char path[PATH_SIZE];
        const bool is_last = i + 1 == group->count || strcmp(auditing->roll.origin, auditing[1].roll.origin) != 0;
        const struct audit_tree *tree = &auditing->audit->tree;
        const bool is_shorter = tree->has_audited && tree->audited.size > auditing->audit->to;
        if (!is_last || auditing->audit->nothing_new || is_shorter)
            continue;
        TRY(kept_path(group->command, auditing->roll.origin, ".checkpoint", path));
        command_about(group->command, path);
        TRY(file_write(path, buffer_slice(&auditing->note), 0644, &group->command->reason));
    }
    return RESULT_OK;
}

RESULT group_keep(struct group *group)
{
    if (!is_to_be_kept(group))
        return RESULT_OK;
    command_about(group->command, group->kept);
    TRY(audit_walk_finish(&group->walk, &group->command->reason));
    book_free(group->book);
    group->book = NULL;
    if (rename(group->working, group->kept) != 0)
        return reason_say(&group->command->reason, FAIL(FILE_WRITE), "%s", strerror(errno));
    return keep_checkpoints(group);
}

void group_close(struct group *group)
{
    book_free(group->book);
    group->book = NULL;
    free(group->exports);
    group->exports = NULL;
    if (group->lock >= 0)
        result_ignore(remove_working(group, NULL));
    file_unlock(group->lock);
    group->lock = -1;
}
