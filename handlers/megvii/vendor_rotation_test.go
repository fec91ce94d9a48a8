package megvii_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func TestCase43TheNoticeTellsWhichSecretOfARotationSigned(t *testing.T) {
	previous := handlers.Hide("FAKE-previous-secret-0001")
	config := goodConfig()
	config.PreviousAPISecret = previous
	rotating, err := megvii.New(config)
	require.NoError(t, err)
	data := []byte(sampleFile(t, "callback.data.cancelled.constructed.json"))
	notify := func(v *megvii.Vendor, secret handlers.Private) (handlers.Notice, error) {
		form := url.Values{"data": {string(data)}, "sign": {megvii.Sign(secret, data)}}
		return v.Parse(handlers.Callback{
			Carrier: handlers.CarrierNotify, Method: http.MethodPost,
			ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
		})
	}

	notice, err := notify(rotating, config.APISecret)
	require.NoError(t, err)
	assert.False(t, notice.PreviousSecret)

	notice, err = notify(rotating, previous)
	require.NoError(t, err)
	assert.True(t, notice.PreviousSecret)

	config.PreviousAPISecret = handlers.Private{}
	rotated, err := megvii.New(config)
	require.NoError(t, err)
	_, err = notify(rotated, previous)
	assert.Equal(t, handlers.CodeBadSignature, handlers.CodeOf(err), "the old secret is gone")
}
