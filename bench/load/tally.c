/* Counting and reporting; see tally.h. */
#include "tally.h"

void tally_merge(struct tally *into, const struct tally *from)
{
    into->answers += from->answers;
    for (size_t i = 0; i < TALLY_STATUS_MAX; i++)
        into->status[i] += from->status[i];
    into->refused += from->refused;
    into->reset += from->reset;
    into->closed += from->closed;
    into->late += from->late;
    into->broken += from->broken;
    into->unsent += from->unsent;
    into->behind += from->behind;
    into->prepared += from->prepared;
    into->preparing += from->preparing;
    into->used_up += from->used_up;
    into->verified += from->verified;
    into->unbelieved += from->unbelieved;
    if (into->unbelieved_code == OK)
        into->unbelieved_code = from->unbelieved_code;
    into->answer_bytes += from->answer_bytes;
    if (from->seconds > into->seconds)
        into->seconds = from->seconds;
    into->cpu_seconds += from->cpu_seconds;
    histogram_merge(&into->latency, &from->latency);
}

uint64_t tally_lost(const struct tally *tally)
{
    return tally->reset + tally->closed + tally->late + tally->broken + tally->unsent;
}

uint64_t tally_denied(const struct tally *tally)
{
    uint64_t denied = 0;
    for (size_t i = 0; i < TALLY_STATUS_MAX; i++)
        if (i != 200)
            denied += tally->status[i];
    return denied;
}

static void put_number(struct buffer *out, const char *key, uint64_t value)
{
    buffer_printf(out, ", \"%s\": %llu", key, (unsigned long long)value);
}

static void put_microseconds(struct buffer *out, const char *key, uint64_t nanoseconds)
{
    buffer_printf(out, ", \"%s\": %.1f", key, (double)nanoseconds / 1000);
}

static void put_status(struct buffer *out, const struct tally *tally)
{
    const char *between = "";
    buffer_append_text(out, ", \"status\": {");
    for (size_t i = 0; i < TALLY_STATUS_MAX; i++)
        if (tally->status[i] > 0) {
            buffer_printf(out, "%s\"%zu\": %llu", between, i, (unsigned long long)tally->status[i]);
            between = ", ";
        }
    buffer_append_byte(out, '}');
}

void tally_write(const struct tally *tally, const char *mode, struct buffer *out)
{
    const double seconds = tally->seconds > 0 ? tally->seconds : 1;
    const uint64_t answers = tally->answers > 0 ? tally->answers : 1;
    buffer_printf(out, "{\"mode\": \"%s\", \"requests\": %llu, \"seconds\": %.3f, \"per_second\": %.1f", mode,
                  (unsigned long long)tally->answers, tally->seconds, (double)tally->answers / seconds);
    put_microseconds(out, "p50_us", histogram_quantile(&tally->latency, 0.5));
    put_microseconds(out, "p99_us", histogram_quantile(&tally->latency, 0.99));
    put_microseconds(out, "p999_us", histogram_quantile(&tally->latency, 0.999));
    put_microseconds(out, "max_us", tally->latency.largest);
    put_status(out, tally);
    put_number(out, "refused", tally->refused);
    put_number(out, "lost", tally_lost(tally));
    put_number(out, "denied", tally_denied(tally));
    buffer_printf(out, ", \"errors\": {\"reset\": %llu", (unsigned long long)tally->reset);
    put_number(out, "closed", tally->closed);
    put_number(out, "late", tally->late);
    put_number(out, "broken", tally->broken);
    put_number(out, "unsent", tally->unsent);
    buffer_append_byte(out, '}');
    put_number(out, "behind", tally->behind);
    put_number(out, "prepared", tally->prepared);
    buffer_printf(out, ", \"preparing_seconds\": %.3f", tally->preparing);
    put_number(out, "used_up", tally->used_up);
    put_number(out, "verified", tally->verified);
    put_number(out, "unbelieved", tally->unbelieved);
    if (tally->unbelieved > 0)
        buffer_printf(out, ", \"unbelieved_first\": \"%s\"", error_info((enum error_code)tally->unbelieved_code)->name);
    put_number(out, "answer_bytes", tally->answer_bytes / answers);
    buffer_printf(out, ", \"cpu_seconds\": %.3f}", tally->cpu_seconds);
}
