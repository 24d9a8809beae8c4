import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacksWhatIsAsked } from '../../src/chain/answer-gate.ts';
import { mayTellKind } from '../../src/chain/asked-kind.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const dropped = 'Support for plain passwords was dropped.';

for (const [question, text, mayTell] of [
  ['When was support for plain passwords dropped?', dropped, false],
  ['Since when has the console been rewritten?', 'The console was rewritten from scratch.', false],
  ['In which year was the trigger moved?', 'The trigger was moved to the underside.', false],
  ['Prices rose in what year?', 'Prices rose because of the war.', false],
  ['When was the annex added?', "The annex was added at the Controller's request.", false],
  ['When did the night shift begin?', 'The night shift was begun by the foreman.', false],
  ['When was the Kestrel 2 released?', 'The Kestrel 2 was released by Optarion.', false],
  ['When was the trigger moved?', 'The trigger of the Kestrel 2 was moved to the underside.', false],
  ['When was the trigger moved?', 'The trigger of the Kestrel 2 was moved on 3 May.', true],
  ['When was the trigger moved?', 'The trigger was moved in Kestrel 2014.', true],
  ['When is the lift repaired?', 'The lift is repaired.', false],
  ['How long does the battery of the lamp last?', 'The battery of the lamp lasts.', false],
  ['How often is the tank cleaned?', 'The tank is cleaned by the keeper.', false],
  ['Where are deleted letters kept?', 'Deleted letters are kept and sorted.', false],
  ['When was it dropped?', 'It was dropped with version 3.', true],
  ['When was it dropped?', 'It was dropped together with logs.', true],
  ['When was it dropped?', 'It was dropped after the merger.', true],
  ['When was it dropped?', 'It was dropped at the coronation of Henry.', true],
  ['Until when did it last?', 'Until the fall of the town it lasted.', true],
  ['In what century was it built?', 'It was built in the first century.', true],
  ['Which day is it closed?', 'It is closed on Sundays.', true],
  ['When is the deposit returned?', 'The deposit is returned on request.', true],
  ['When does the alarm sound?', 'The alarm sounds if the door is open.', true],
  ['How long does the battery last?', 'The battery lasts a whole shift.', true],
  ['How long is the cable?', 'The cable is 5 m long.', true],
  ['How often is the tank cleaned?', 'The tank is cleaned after use.', true],
  ['How often is the tank cleaned?', 'The tank is cleaned weekly.', true],
  ['Where are letters kept?', 'Letters are kept behind the gym.', true],
  ['Where is it made?', 'The maker of it is Da Nang Works.', true],
  // Conditions and purposes, releases, instructions, addresses.
  ['When is a permit needed?', 'A permit is needed to work above the roof.', true],
  ['When is a deposit required?', 'A deposit is required of tenants without a guarantor.', true],
  ['When does the cache get cleared?', 'Restarting the server clears the cache.', true],
  ['When was the call deprecated?', 'The call was deprecated in Kestrel 3.12 and is removed.', true],
  ['When was the console rewritten?', 'The console was rewritten in Q3.', true],
  ['When was the church built?', 'The church is a Baroque building.', true],
  ['How long are logs kept?', 'Logs are kept as long as the account exists.', true],
  ['How long are logs kept?', 'Logs are kept for the duration of the contract.', true],
  ['How long should the abstract be?', 'The abstract should fit on a single page.', true],
  ['How long may visitors stay?', 'Visitors may stay overnight and are welcome.', true],
  ['How often is the list updated?', 'The list is updated as needed.', true],
  ['How often does the board meet?', 'The board meets biweekly.', true],
  ['How often is the filter cleaned?', 'Clean the filter when the red light is on.', true],
  ['Where does the money come from?', 'The money comes from donations.', true],
  ['Where is the log?', 'The log is /var/log/app.log.', true],
  ['Where do I find the invoice?', 'Open your account and choose the tab for invoices.', true],
  ['Where do I get a badge?', 'Ask the receptionist for a badge.', true],
  // Nothing of the kind is asked, or the text is no English prose.
  ['Who dropped support for plain passwords?', dropped, null],
  ['When plain passwords are typed, what is dropped?', dropped, null],
  ['How long ago was it dropped?', dropped, null],
  ['When was it dropped?', 'Passwords | dropped', null],
  ['When does it open?', 'Das Haus wird am Ostermontag eröffnet.', null],
] as const)
  test(`“${text}” ${mayTell === false ? "can't tell" : 'may tell'} “${question}”`, () => {
    assert.equal(mayTellKind(question, [text]), mayTell);
  });

test('a context without any time lacks what “when” asks, and one with a duration in words answers “how long”', () => {
  const lacks = (question: string, text: string) => lacksWhatIsAsked(rankSentences(question, [foundPassage(text)]));
  assert.equal(lacks('When was support for plain passwords dropped?', dropped), true);
  assert.equal(lacks('When was support for plain passwords dropped?', `${dropped.slice(0, -1)} in May.`), false);
  assert.equal(lacks('How long does the battery last?', 'The battery lasts a whole shift.'), false);
});
