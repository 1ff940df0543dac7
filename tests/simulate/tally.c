/* What the worlds of a run came to; see tally.h. */
#include "tally.h"

#include <stdio.h>
#include <string.h>

static double passed(const struct tally *tally)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - tally->began.tv_sec) + (double)(now.tv_nsec - tally->began.tv_nsec) / 1e9;
}

void tally_begin(struct tally *tally, uint64_t wanted, bool line)
{
    memset(tally, 0, sizeof *tally);
    tally->wanted = wanted;
    tally->line = line;
    clock_gettime(CLOCK_MONOTONIC, &tally->began);
}

/* ---- kinds ---- */

/* The violation without what is of that world alone: each word with a digit is one star. */
static void kind_words(const char *violation, char words[static VIOLATION_SIZE])
{
    size_t size = 0;
    for (const char *at = violation; *at != 0;) {
        const size_t length = strcspn(at, " ");
        const size_t digit = strcspn(at, "0123456789");
        const size_t ending = length > 0 && (at[length - 1] == ':' || at[length - 1] == ',');
        const size_t kept = digit < length ? ending : length;
        if (digit < length)
            words[size++] = '*';
        memcpy(words + size, at + length - kept, kept);
        size += kept;
        at += length;
        while (*at == ' ')
            words[size++] = *at++;
    }
    words[size] = 0;
}

static void count_kind(struct tally *tally, const struct news *news)
{
    char words[VIOLATION_SIZE];
    size_t i = 0;
    kind_words(news->violation, words);
    while (i < tally->kind_count && strcmp(tally->kinds[i].words, words) != 0)
        i++;
    if (i == KINDS_MAX)
        i--;
    struct kind *const kind = &tally->kinds[i];
    if (i == tally->kind_count) {
        memcpy(kind->words, words, sizeof kind->words);
        tally->kind_count++;
    }
    if (kind->count < SEEDS_KEPT)
        kind->seeds[kind->count] = news->seed;
    kind->count++;
}

static void say_kinds(const struct tally *tally)
{
    for (size_t i = 0; i < tally->kind_count; i++) {
        const struct kind *const kind = &tally->kinds[i];
        printf("%6llu  %s (seeds", (unsigned long long)kind->count, kind->words);
        for (size_t j = 0; j < kind->count && j < SEEDS_KEPT; j++)
            printf(" %llu", (unsigned long long)kind->seeds[j]);
        puts(kind->count > SEEDS_KEPT ? " ...)" : ")");
    }
}

/* ---- counting ---- */

void tally_count(struct tally *tally, const struct news *news)
{
    tally->done++;
    tally->asked += news->asked;
    tally->granted += news->granted;
    if (news->failed) {
        tally->failed++;
        count_kind(tally, news);
        printf("%sseed %llu: %s\n", tally->line ? "\r" : "", (unsigned long long)news->seed, news->violation);
        fflush(stdout); /* a long run is looked at while it goes on */
    }
    if (tally->line && (tally->done % 50 == 0 || tally->done == tally->wanted))
        fprintf(stderr, "\r%llu of %llu worlds, %.0f a second, %llu failed ", (unsigned long long)tally->done,
                (unsigned long long)tally->wanted, (double)tally->done / passed(tally),
                (unsigned long long)tally->failed);
}

bool tally_say(const struct tally *tally, enum tally_end end)
{
    static const char *const endings[] = {
        [TALLY_WHOLE] = "", [TALLY_STOPPED] = ", and it was stopped", [TALLY_BROKEN] = ", and a process ended early"};
    const double time = passed(tally);
    if (tally->line)
        fputc('\n', stderr);
    printf("%llu worlds in %.1f s (%.0f a second), %llu messages, %llu leases asked for and got\n",
           (unsigned long long)tally->done, time, (double)tally->done / time, (unsigned long long)tally->asked,
           (unsigned long long)tally->granted);
    say_kinds(tally);
    if (tally->failed == 0 && end == TALLY_WHOLE) {
        puts("simulate: ok");
        return true;
    }
    printf("simulate: %llu worlds failed%s; `simulate %s--seed N --trace` tells one\n",
           (unsigned long long)tally->failed, endings[end], tally->years ? "--year " : "");
    return false;
}
