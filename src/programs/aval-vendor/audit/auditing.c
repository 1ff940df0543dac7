/* One export before and after its audit; see auditing.h. */
#include "audit/auditing.h"

#include "base/sentences.h"
#include "terminal/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

RESULT kept_path(const struct command *command, const char *origin, const char *ending, char ret_path[static PATH_SIZE])
{
    char folder[PATH_SIZE];
    char name[KEY_NAME_SIZE + 32];
    (void)snprintf(name, sizeof name, "%s%s", origin, ending);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '+'; /* no key's name has one */
    TRY(path_join(folder, command_folder(command), "audit"));
    return path_join(ret_path, folder, name);
}

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

static RESULT join_license(void *context, const struct license *license, struct slice note)
{
    (void)note;
    return roll_join(context, license);
}

static RESULT add_license(void *context, const struct license *license, struct slice note)
{
    (void)note;
    return roll_add(context, license);
}

/* One license may join hosts that another one joins with more. */
static RESULT join_licenses(struct auditing *auditing)
{
    struct command *command = auditing->command;
    struct roll *roll = &auditing->roll;
    for (size_t before = SIZE_MAX; before != roll->host_count;) {
        before = roll->host_count;
        TRY(desk_each_license(command->desk, join_license, roll, &command->reason));
    }
    return desk_each_license(command->desk, add_license, roll, &command->reason);
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

static RESULT follow_licenses(struct auditing *auditing)
{
    struct command *command = auditing->command;
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    TRY(desk_find_revocations(command->desk, &revocations, NULL, &command->reason));
    return roll_follow(&auditing->roll, revocations);
}

static RESULT make_roll(struct auditing *auditing)
{
    struct roll *roll = &auditing->roll;
    TRY(roll_make(auditing->stream->reader.header.origin, roll));
    TRY(join_licenses(auditing));
    TRY(trust_given_key(auditing));
    roll_sort(roll);
    TRY(follow_licenses(auditing));
    if (roll->key_count == 0)
        return reason_say(&auditing->command->reason, FAIL(AUDIT_LICENSE_UNKNOWN),
                          _("the desk has signed no license for %s; one that its record has lost is taken back by "
                            "`aval-vendor adopt FILE`"),
                          roll->origin);
    return RESULT_OK;
}

/* What the vendor kept of it by himself. */
static RESULT read_previous(struct auditing *auditing)
{
    const char *path = argument_value(auditing->command->arguments, "previous", NULL);
    if (path == NULL)
        return RESULT_OK;
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    TRY(command_read(auditing->command, path, &note));
    TRY(roll_open_checkpoint(&auditing->roll, buffer_slice(&note), &auditing->previous));
    auditing->has_previous = true;
    return RESULT_OK;
}

RESULT auditing_open(struct auditing *auditing, struct command *command, const char *path)
{
    enum export_part part = EXPORT_MORE;
    struct slice none = {0};
    *auditing = (struct auditing){.command = command, .path = path, .note = buffer_make(CHECKPOINT_NOTE_MAX)};
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
    TRY(make_roll(auditing));
    auditing->audit = calloc(1, sizeof *auditing->audit);
    ENSURE(auditing->audit != NULL, NO_MEMORY);
    return read_previous(auditing);
}

/* The outcome */

/* The file with the checkpoint that the export contradicts. */
static const char *checkpoint_before(const struct auditing *auditing, char path[static PATH_SIZE])
{
    const struct audit *audit = auditing->audit;
    const enum difference_kind kind = audit->tree.difference.kind;
    if (kind == DIFFERENCE_GIVEN)
        return argument_value(auditing->command->arguments, "previous", NULL);
    const char *origin = kind == DIFFERENCE_TOLD ? audit->epoch.previous : auditing->roll.origin;
    result_ignore(kept_path(auditing->command, origin, ".checkpoint", path)); /* it fits */
    return path;
}

static const struct finding *first_finding(const struct audit *audit, enum error_code code)
{
    for (size_t i = 0; i < audit->finding_count && i < FINDINGS_KEPT; i++)
        if (audit->findings[i].code == code)
            return &audit->findings[i];
    return NULL;
}

/* What is known, and what is not. */
static void hint_copy(void)
{
    say_hint(
        _("The host's key has signed both, and nothing tells why: an old copy of its data folder was put back by hand "
          "and served, or two hosts ran from it, by mistake or on purpose. Ask the operator. What prevents it is "
          "`avald restore` of a backup, or `avald recover --copied` before a copy of the folder serves."));
}

/* What a machine has seen stands in the leaf, with the host's signature. */
static void hint_testimony(const struct auditing *auditing)
{
    const struct finding *seen = first_finding(auditing->audit, ERR_AUDIT_SEEN);
    const struct finding *copy = first_finding(auditing->audit, ERR_AUDIT_COPY);
    if (seen != NULL)
        say_hint(
            _("Keep %s: the tree that it ends with and the other one that leaf %llu carries are both signed by the "
              "host's key, which proves it."),
            auditing->path, (unsigned long long)seen->index);
    if (copy == NULL)
        return;
    say_hint(_("Keep %s, with the export of that epoch: the one tree stands there, and the other one, with the host's "
               "signature, in leaf %llu."),
             auditing->path, (unsigned long long)copy->index);
    hint_copy();
}

void auditing_hint_evidence(const struct auditing *auditing, struct result outcome)
{
    const struct audit *audit = auditing->audit;
    const struct difference *difference = &audit->tree.difference;
    char path[PATH_SIZE] = "";
    if (is_ok(outcome))
        hint_testimony(auditing);
    if (result_code(outcome) != ERR_CONSISTENCY_WRONG)
        return;
    say_hint(_("Keep %s and the checkpoint signed before (%s): two signatures of one host prove it."), auditing->path,
             checkpoint_before(auditing, path));
    const uint64_t reached = difference->kind == DIFFERENCE_TOLD ? difference->size : audit->to;
    if (difference->other.size > reached)
        say_hint(_("Keep also the export that was audited then: its leaves lead from the one size to the other."));
    hint_copy();
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

void auditing_free(struct auditing *auditing)
{
    close_file(auditing);
    roll_free(&auditing->roll);
    free(auditing->audit);
    buffer_free(&auditing->note);
}
