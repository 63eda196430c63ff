package standardwebhooks

import (
	"net/http"
	"testing"
	"time"
)

// The test vector of the specification.
func TestVerifiesTheTestVector(t *testing.T) {
	webhook, err := NewWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	headers := http.Header{}
	headers.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	headers.Set("webhook-timestamp", "1614265330")
	headers.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	sent := time.Unix(1614265330, 0)
	if err := webhook.verifyAt([]byte(`{"test": 2432232314}`), headers, sent); err != nil {
		t.Error(err)
	}
	if webhook.verifyAt([]byte(`{"test": 2432232315}`), headers, sent) != errSignature {
		t.Error("another payload was accepted")
	}
	for _, late := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		if webhook.verifyAt([]byte(`{"test": 2432232314}`), headers, sent.Add(late)) != errTime {
			t.Error("another time was accepted")
		}
	}
}
