/* The nearest of several words; see nearest.h. */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

enum {
    WORD_MAX = 32,   /* words longer than this are like no other */
    FAR_AWAY = 1000, /* a distance that nothing is near at */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be changed, added, dropped or swapped with their neighbour to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
    const size_t rows = strlen(a);
    const size_t columns = strlen(b);
    if (rows > WORD_MAX || columns > WORD_MAX)
        return FAR_AWAY;
    size_t table[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= rows; i++)
        table[i][0] = i;
    for (size_t k = 0; k <= columns; k++)
        table[0][k] = k;
    for (size_t i = 1; i <= rows; i++)
        for (size_t k = 1; k <= columns; k++) {
            size_t least = table[i - 1][k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
            least = smaller(least, smaller(table[i - 1][k], table[i][k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                least = smaller(least, table[i - 2][k - 2] + 1);
            table[i][k] = least;
        }
    return table[rows][columns];
}

void nearest_begin(struct nearest *nearest, const char *word)
{
    /* One wrong letter in three is a mistyped word; more is another word. */
    *nearest = (struct nearest){.word = word, .distance = strlen(word) / 3 + 2};
}

void nearest_consider(struct nearest *nearest, const char *candidate, const char *name)
{
    const size_t far = distance(nearest->word, candidate);
    if (far >= nearest->distance)
        return;
    nearest->distance = far;
    snprintf(nearest->name, sizeof nearest->name, "%s", name);
}
