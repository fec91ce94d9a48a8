package browsertest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTwoInstances(t *testing.T) {
	t.Run("case 86: an instance is killed while a person is on the vendor's page; the other one learns the result", func(t *testing.T) {
		vendors := startShop(t) // which both use, and neither takes along
		shared := []string{"-vendor", vendors.vendor, "-store", "sqlite:" + filepath.Join(t.TempDir(), "shop.db"), "-query-after", "3s"}
		first, second := startShop(t, shared...), startShop(t, shared...)
		p := newPerson(t, "en")
		p.signIn(first)
		p.open(second.app + "/")
		assert.Contains(t, p.text("#state"), "alice", "signed in at both")

		p.open(first.app + "/")
		p.startAt("megvii-post")
		first.kill()
		p.choose("pass") // the vendor's page leads back to nobody
		second.eventually("its reconciler asks", func() bool { return len(second.events()) == 1 })
		p.open(second.app + "/")
		p.landed("passed")
		p.see(`#state[data-verified="true"]`)
		p.shoot("shop-other-instance")
		assert.Equal(t, "query", second.only().Via)
	})
}

func TestDeadLetters(t *testing.T) {
	t.Run("case 110: an operator sees what the hook never took, and replays it", func(t *testing.T) {
		s := startShop(t, "-hook-fail", "2", "-max-deliveries", "2")
		p := newPerson(t, "zh-CN")
		p.signIn(s)
		p.startAt("megvii-post")
		p.choose("pass")
		s.eventually("the second run has failed", func() bool { return len(s.events()) == 2 })
		operator := newPerson(t, "en")
		s.eventually("the letter is dead", func() bool {
			operator.open(s.operator + "/")
			return operator.has("#letters li")
		})
		operator.shoot("operator-dead-letters")
		operator.click("#letters button")
		operator.see("#none")
		operator.shoot("operator-no-letters")
		s.eventually("the third run", func() bool { return len(s.events()) == 3 })
		p.open(s.app + "/")
		p.landed("passed")
		assert.True(t, s.events()[2].OK)
	})
}
