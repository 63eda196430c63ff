// Package standardwebhooks verifies deliveries with nothing but Go's standard library. It has the two
// functions of the reference library that the receiver needs, for machines that fetch no modules.
package standardwebhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * time.Minute

var (
	errTime      = errors.New("the timestamp is missing, too old or too new")
	errSignature = errors.New("no signature matches")
)

// Webhook verifies deliveries that were signed with one secret, by Standard Webhooks 1.0.0.
type Webhook struct {
	key []byte
}

// NewWebhook reads a secret, which begins with whsec_.
func NewWebhook(secret string) (*Webhook, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err == nil && len(key) == 0 {
		err = errors.New("the secret is empty")
	}
	return &Webhook{key}, err
}

// Verify says whether a delivery is genuine and was sent within the last five minutes. The payload
// is the bytes as they arrived.
func (webhook *Webhook) Verify(payload []byte, headers http.Header) error {
	return webhook.verifyAt(payload, headers, time.Now())
}

func (webhook *Webhook) verifyAt(payload []byte, headers http.Header, now time.Time) error {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return errTime
	}
	sent := time.Unix(seconds, 0)
	if sent.Before(now.Add(-tolerance)) || sent.After(now.Add(tolerance)) {
		return errTime
	}
	hash := hmac.New(sha256.New, webhook.key)
	hash.Write([]byte(id + "." + timestamp + "."))
	hash.Write(payload)
	expected := hash.Sum(nil)
	// While a secret is being replaced there are two signatures.
	for _, signature := range strings.Fields(headers.Get("webhook-signature")) {
		if !strings.HasPrefix(signature, "v1,") {
			continue
		}
		given, err := base64.StdEncoding.DecodeString(signature[len("v1,"):])
		if err == nil && hmac.Equal(given, expected) {
			return nil
		}
	}
	return errSignature
}
