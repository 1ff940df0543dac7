/* The audit of one export by the desk; see auditing.h. */
#include "audit/auditing.h"

#include "base/sentences.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOK_ENDING ".audit"

enum { LOCK_WAIT_MS = 1000, PROGRESS_STEP = 4096 };

/* The export */

static RESULT read_file(void *context, uint8_t *bytes, size_t capacity, size_t *ret_size)
{
    const struct auditing *auditing = context;
    const size_t size = fread(bytes, 1, capacity, auditing->file);
    if (size < capacity && ferror(auditing->file))
        return reason_say(&auditing->command->reason, FAIL(FILE_READ), "%s", strerror(errno));
    *ret_size = size;
    return RESULT_OK;
}

static RESULT add_license(void *context, const struct license *license, struct slice note)
{
    (void)note;
    return roll_add(context, license);
}

static RESULT trust_given_key(struct auditing *auditing)
{
    struct command *command = auditing->command;
    const char *given = argument_value(command->arguments, "host-key", NULL);
    struct verifier_key key;
    if (given == NULL)
        return RESULT_OK;
    if (!is_ok(verifier_key_read(slice_of(given), &key)))
        return reason_say(&command->reason, FAIL(USAGE), _("--host-key %s: it is not a verifier key"), given);
    if (!is_ok(roll_trust_only(&auditing->roll, &key)))
        return reason_say(&command->reason, FAIL(CHECKPOINT_ORIGIN), _("the key is that of %s, the export of %s"),
                          key.name, auditing->roll.origin);
    return RESULT_OK;
}

static RESULT make_roll(struct auditing *auditing)
{
    struct roll *roll = &auditing->roll;
    TRY(roll_make(auditing->stream->reader.header.origin, roll));
    TRY(desk_each_license(auditing->command->desk, add_license, roll, &auditing->command->reason));
    roll_sort(roll);
    TRY(trust_given_key(auditing));
    if (roll->key_count == 0)
        return reason_say(&auditing->command->reason, FAIL(AUDIT_LICENSE_UNKNOWN),
                          _("the desk has signed no license for %s"), roll->origin);
    return RESULT_OK;
}

RESULT auditing_open(struct auditing *auditing, struct command *command, const char *path)
{
    enum export_part part = EXPORT_MORE;
    struct slice none = {0};
    *auditing =
        (struct auditing){.command = command, .path = path, .lock = -1, .note = buffer_make(CHECKPOINT_NOTE_MAX)};
    command_about(command, path);
    auditing->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (auditing->file == NULL)
        return reason_say(&command->reason, FAIL(FILE_READ), "%s", strerror(errno));
    auditing->stream = calloc(1, sizeof *auditing->stream);
    ENSURE(auditing->stream != NULL, NO_MEMORY);
    auditing->stream->read = read_file;
    auditing->stream->context = auditing;
    audit_stream_begin(auditing->stream);
    TRY(audit_stream_next(auditing->stream, &part, &none)); /* the first part is the header */
    return make_roll(auditing);
}

/* What the desk knows of the ledger */

static RESULT make_path(const struct auditing *auditing, const char *before, const char *origin, const char *after,
                        char ret_path[static PATH_SIZE])
{
    char name[KEY_NAME_SIZE + 32];
    (void)snprintf(name, sizeof name, "%s%s%s", before, origin, after);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '+'; /* no key's name has one */
    return path_join(ret_path, auditing->paths.folder, name);
}

static RESULT open_folder(struct auditing *auditing)
{
    struct audit_paths *paths = &auditing->paths;
    const struct roll *roll = &auditing->roll;
    TRY(path_join(paths->folder, command_folder(auditing->command), "audit"));
    TRY(make_path(auditing, "", roll->origin, BOOK_ENDING, paths->kept));
    TRY(make_path(auditing, ".", roll->origin, ".working", paths->working));
    TRY(make_path(auditing, "", roll->origin, ".checkpoint", paths->checkpoint));
    TRY(make_path(auditing, "", roll->origin, ".lock", paths->lock));
    command_about(auditing->command, paths->folder);
    TRY(folder_make(paths->folder, 0700, &auditing->command->reason));
    return file_lock(paths->lock, LOCK_WAIT_MS, &auditing->lock, &auditing->command->reason);
}

static RESULT read_mark(struct auditing *auditing, const char *path, struct book_mark *mark,
                        const struct book_mark **ret_mark)
{
    command_about(auditing->command, path);
    if (!file_exists(path))
        return RESULT_OK;
    TRY(book_mark_read(path, mark, &auditing->command->reason));
    *ret_mark = mark;
    return RESULT_OK;
}

/* The latest epoch of a ledger before another one of which there is a book. */
struct epoch_search {
    const char *key_name;
    uint64_t below;
    uint64_t found; /* 0: none */
};

static RESULT look_at_book(void *context, const char *name)
{
    struct epoch_search *const search = context;
    char origin[KEY_NAME_SIZE];
    uint64_t epoch = 0;
    struct slice of_book = slice_of(name);
    if (!slice_cut_ending(&of_book, BOOK_ENDING) || !is_ok(slice_copy_text(of_book, origin, sizeof origin)))
        return RESULT_OK;
    for (char *at = origin; *at != '\0'; at++)
        if (*at == '+')
            *at = '/'; /* as make_path() wrote it */
    if (is_ok(origin_epoch(origin, search->key_name, &epoch)) && epoch < search->below && epoch > search->found)
        search->found = epoch;
    return RESULT_OK;
}

static RESULT read_kept(struct auditing *auditing)
{
    const struct roll *roll = &auditing->roll;
    char origin[KEY_NAME_SIZE];
    TRY(read_mark(auditing, auditing->paths.kept, &auditing->kept, &auditing->past.kept));
    struct epoch_search search = {.key_name = roll->keys[0].name, .below = roll->epoch};
    TRY(folder_list(auditing->paths.folder, look_at_book, &search, &auditing->command->reason));
    if (search.found == 0)
        return RESULT_OK;
    TRY(origin_write(roll->keys[0].name, search.found, origin));
    TRY(make_path(auditing, "", origin, BOOK_ENDING, auditing->paths.last_epoch));
    return read_mark(auditing, auditing->paths.last_epoch, &auditing->last_epoch, &auditing->past.last_epoch);
}

static RESULT read_previous(struct auditing *auditing)
{
    const char *path = argument_value(auditing->command->arguments, "previous", NULL);
    if (path == NULL)
        return RESULT_OK;
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    TRY(command_read(auditing->command, path, &note));
    TRY(roll_open_checkpoint(&auditing->roll, buffer_slice(&note), &auditing->previous));
    auditing->past.previous = &auditing->previous;
    return RESULT_OK;
}

/* The work */

static void show_progress(void *context, uint64_t done)
{
    struct auditing *auditing = context;
    if (done % PROGRESS_STEP == 0)
        progress_show(&auditing->progress, done, clock_monotonic_ms());
}

static RESULT open_book(struct auditing *auditing)
{
    const struct audit_paths *paths = &auditing->paths;
    const struct book_mark *continued = audit_continues(&auditing->stream->reader.header, &auditing->past);
    command_about(auditing->command, paths->working);
    TRY(file_remove(paths->working, &auditing->command->reason));
    /* SQLite would make it readable for everybody. */
    TRY(file_create(paths->working, slice_of(""), 0600, &auditing->command->reason));
    if (continued == NULL)
        return book_new(paths->working, &auditing->book, &auditing->command->reason);
    return book_continue(continued == &auditing->kept ? paths->kept : paths->last_epoch, paths->working,
                         &auditing->book, &auditing->command->reason);
}

static RESULT audit_leaves(struct auditing *auditing)
{
    const struct export_header *header = &auditing->stream->reader.header;
    command_about(auditing->command, auditing->path);
    auditing->audit = calloc(1, sizeof *auditing->audit);
    ENSURE(auditing->audit != NULL, NO_MEMORY);
    TRY(audit_begin(auditing->audit, header, &auditing->roll, auditing->book, &auditing->past, clock_now(),
                    &auditing->command->reason));
    auditing->progress = (struct progress){
        .what = _("auditing leaf"), .total = header->to - header->from, .began_ms = clock_monotonic_ms()};
    const struct result result = audit_run(auditing->audit, auditing->stream, &auditing->note, show_progress, auditing,
                                           &auditing->command->reason);
    progress_end(&auditing->progress);
    return result;
}

RESULT auditing_run(struct auditing *auditing)
{
    TRY(open_folder(auditing));
    TRY(read_kept(auditing));
    TRY(read_previous(auditing));
    TRY(open_book(auditing));
    return audit_leaves(auditing);
}

/* The outcome */

RESULT auditing_keep(struct auditing *auditing)
{
    const struct audit_paths *paths = &auditing->paths;
    const struct audit *audit = auditing->audit;
    const struct book_mark mark = audit_mark(audit);
    if (!audit_is_to_be_kept(audit))
        return RESULT_OK; /* nobody knows what the leaves before were, or the one kept knows more */
    command_about(auditing->command, paths->kept);
    TRY(book_finish(auditing->book, &mark, buffer_slice(&auditing->note), &auditing->command->reason));
    book_free(auditing->book);
    auditing->book = NULL;
    if (rename(paths->working, paths->kept) != 0)
        return reason_say(&auditing->command->reason, FAIL(FILE_WRITE), "%s", strerror(errno));
    return file_write(paths->checkpoint, buffer_slice(&auditing->note), 0644, &auditing->command->reason);
}

/* The file with the checkpoint that the export contradicts. */
static const char *checkpoint_before(struct auditing *auditing)
{
    const struct audit *audit = auditing->audit;
    struct audit_paths *paths = &auditing->paths;
    if (audit->tree.difference.kind == DIFFERENCE_GIVEN)
        return argument_value(auditing->command->arguments, "previous", NULL);
    if (audit->tree.difference.kind == DIFFERENCE_AUDITED)
        return paths->checkpoint;
    result_ignore(make_path(auditing, "", audit->epoch.previous, ".checkpoint", paths->told_checkpoint)); /* it fits */
    return paths->told_checkpoint;
}

/* What a machine has seen stands in the leaf, with the host's signature. */
static void hint_testimony(const struct auditing *auditing)
{
    const struct audit *audit = auditing->audit;
    for (size_t i = 0; i < audit->finding_count && i < FINDINGS_KEPT; i++) {
        if (audit->findings[i].code != ERR_AUDIT_SEEN)
            continue;
        say_hint(
            _("Keep %s: the tree that it ends with and the other one that leaf %llu carries are both signed by the "
              "host's key, which proves it."),
            auditing->path, (unsigned long long)audit->findings[i].index);
        return;
    }
}

void auditing_hint_evidence(struct auditing *auditing, struct result outcome)
{
    const struct audit *audit = auditing->audit;
    const struct difference *difference = &audit->tree.difference;
    if (is_ok(outcome))
        hint_testimony(auditing);
    if (result_code(outcome) != ERR_CONSISTENCY_WRONG)
        return;
    say_hint(_("Keep %s and the checkpoint signed before (%s): two signatures of one host prove it."), auditing->path,
             checkpoint_before(auditing));
    const uint64_t reached = difference->kind == DIFFERENCE_TOLD ? difference->size : audit->to;
    if (difference->other.size > reached)
        say_hint(_("Keep also the export that was audited then: its leaves lead from the one size to the other."));
}

/* The end */

static void close_file(struct auditing *auditing)
{
    if (auditing->stream != NULL)
        audit_stream_free(auditing->stream);
    free(auditing->stream);
    auditing->stream = NULL;
    if (auditing->file != NULL && auditing->file != stdin)
        (void)fclose(auditing->file);
    auditing->file = NULL;
}

void auditing_close(struct auditing *auditing)
{
    close_file(auditing);
    book_free(auditing->book);
    auditing->book = NULL;
    if (auditing->lock >= 0)
        result_ignore(file_remove(auditing->paths.working, NULL));
    file_unlock(auditing->lock);
    auditing->lock = -1;
}

void auditing_free(struct auditing *auditing)
{
    auditing_close(auditing);
    roll_free(&auditing->roll);
    free(auditing->audit);
    buffer_free(&auditing->note);
}
