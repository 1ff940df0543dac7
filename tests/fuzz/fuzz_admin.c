/* Messages of the control interface from arbitrary bytes: what is read can be written, and that reads back the same. */
#include "proto/admin/archive.h"
#include "proto/admin/failure.h"
#include "proto/admin/ledger.h"
#include "proto/admin/machines.h"
#include "proto/admin/reload.h"
#include "proto/admin/status.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 64 * 1024 * 1024 };

static void nothing_to_free(void *message)
{
    (void)message;
}

#define control_archive_free(message)    nothing_to_free(message)
#define control_archiving_free(message)  nothing_to_free(message)
#define control_block_free(message)      nothing_to_free(message)
#define control_checkpoint_free(message) nothing_to_free(message)
#define control_failure_free(message)    nothing_to_free(message)
#define control_reloaded_free(message)   nothing_to_free(message)

/* JSON has many spellings, so it is the second text that must be the same as the third. */
#define TRY_MESSAGE(name) \
    static void try_##name(struct slice bytes) \
    { \
        static struct control_##name message; \
        static struct control_##name again; \
        if (!is_ok(control_##name##_read(bytes, &message))) \
            return; \
        CLEANUP_BUFFER struct buffer second = buffer_make(TEXT_MAX); \
        CLEANUP_BUFFER struct buffer third = buffer_make(TEXT_MAX); \
        if (!is_ok(control_##name##_write(&message, &second)) || \
            !is_ok(control_##name##_read(buffer_slice(&second), &again)) || \
            !is_ok(control_##name##_write(&again, &third)) || \
            !slice_equal(buffer_slice(&second), buffer_slice(&third))) \
            abort(); \
        control_##name##_free(&message); \
        control_##name##_free(&again); \
    }

TRY_MESSAGE(archive)
TRY_MESSAGE(archiving)
TRY_MESSAGE(block)
TRY_MESSAGE(checkpoint)
TRY_MESSAGE(denials)
TRY_MESSAGE(detail)
TRY_MESSAGE(epochs)
TRY_MESSAGE(failure)
TRY_MESSAGE(licenses)
TRY_MESSAGE(machines)
TRY_MESSAGE(reloaded)
TRY_MESSAGE(status)
TRY_MESSAGE(verified)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice bytes) = {try_archive,  try_archiving, try_block,   try_checkpoint,
                                                        try_denials,  try_detail,    try_failure, try_licenses,
                                                        try_machines, try_reloaded,  try_status,  try_verified};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        tries[i](slice_make(data, size));
    return 0;
}
