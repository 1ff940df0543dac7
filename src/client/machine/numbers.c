/* The numbers of what this machine signs; see numbers.h. */
#include "numbers.h"

#include "state/folder.h"

#include <string.h>

RESULT numbers_load(const char *folder, const struct machine_id *machine, struct numbers *ret_numbers,
                    struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct numbers numbers = {0};
    struct reason words = {.text = ""};
    bool found = false;
    struct result outcome = state_read(folder, FILE_NUMBER, &text, &found, &words);
    if (is_ok(outcome) && found)
        outcome = numbers_read(buffer_slice(&text), &numbers);
    if (result_code(outcome) == ERR_FILE_READ || result_code(outcome) == ERR_NO_MEMORY)
        return reason_say(reason, outcome, "%s", words.text);
    const bool known = is_ok(outcome) && found && memcmp(numbers.machine.bytes, machine->bytes, MACHINE_ID_SIZE) == 0;
    *ret_numbers = known ? numbers : (struct numbers){.machine = *machine};
    return RESULT_OK;
}

static RESULT store(const char *folder, const struct numbers *numbers, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(numbers_write(numbers, &text));
    return state_write(folder, FILE_NUMBER, buffer_slice(&text), MODE_FILE, reason);
}

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

RESULT numbers_take(const char *folder, const struct numbers *least, uint64_t *ret_number, struct reason *reason)
{
    struct numbers numbers = {0};
    TRY(numbers_load(folder, &least->machine, &numbers, reason));
    numbers.last = higher(numbers.last, higher(least->last, least->released));
    numbers.released = higher(numbers.released, least->released);
    if (numbers.last >= INT64_MAX)
        return reason_say(reason, FAIL(NUMBERS_USED_UP), "%s/" FILE_NUMBER, folder);
    numbers.last++;
    TRY(store(folder, &numbers, reason));
    *ret_number = numbers.last;
    return RESULT_OK;
}

RESULT numbers_keep_release(const char *folder, const struct machine_id *machine, uint64_t number,
                            struct reason *reason)
{
    struct numbers numbers = {0};
    TRY(numbers_load(folder, machine, &numbers, reason));
    numbers.last = higher(numbers.last, number);
    numbers.released = higher(numbers.released, number);
    return store(folder, &numbers, reason);
}
