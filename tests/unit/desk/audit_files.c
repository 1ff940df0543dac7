/* Audits whose books are kept in files; see audit_files.h. */
#include "audit_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int make_files(void **state)
{
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL)
        return -1;
    *state = files;
    const bool made = temporary_folder(files->folder, "audit") &&
                      is_ok(path_join(files->first, files->folder, "first")) &&
                      is_ok(path_join(files->second, files->folder, "second"));
    return made ? 0 : -1;
}

int remove_files(void **state)
{
    struct files *files = *state;
    const bool removed = temporary_remove(files->folder);
    free(files);
    return removed ? 0 : -1;
}

struct audit *audited(const struct forge *forge, size_t from, size_t to, const struct trial *trial)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    struct audit *audit = NULL;
    forge_export(forge, from, to, &file);
    const struct result result = audit_export(buffer_slice(&file), trial, &audit);
    if (!is_ok(result))
        fail_msg("%s", error_info(result_code(result))->name);
    return audit;
}

void audit_honest(const struct forge *forge, size_t from, size_t to, const struct trial *trial)
{
    CLEANUP_AUDIT struct audit *audit = audited(forge, from, to, trial);
    if (audit->finding_count != 0)
        fail_msg("%s: %s", error_info(audit->findings[0].code)->name, audit->findings[0].words);
}

void assert_said(const struct audit *audit, const char *words)
{
    if (strstr(audit->findings[0].words, words) == NULL)
        fail_msg("%s", audit->findings[0].words);
}

struct epoch epoch_after(const struct forge *before, size_t size, const char *origin, const char *time)
{
    const struct checkpoint checkpoint = forged_checkpoint(before, size);
    struct epoch epoch = {.size = size, .root = checkpoint.root, .found = size, .began = sample_time(time)};
    (void)snprintf(epoch.origin, sizeof epoch.origin, "%s", origin);
    (void)snprintf(epoch.previous, sizeof epoch.previous, "%s", checkpoint.origin);
    return epoch;
}

void forge_testimony(struct forge *forge, unsigned n, const char *time, const struct seen *seen)
{
    struct lease lease = honest_renewal(n, time);
    lease.request.seen = *seen;
    forge_lease(forge, &lease);
}
