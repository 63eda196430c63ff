// A plugin of Swagger UI: shows the samples of the contract (x-codeSamples) by language.
// eslint-disable-next-line no-unused-vars
function CodeSamples(system) {
  const { React } = system;
  const element = React.createElement;

  class Samples extends React.Component {
    constructor(props) {
      super(props);
      this.state = { chosen: 0 };
    }

    render() {
      const { samples } = this.props;
      const tabs = samples.map((sample, index) =>
        element(
          'button',
          {
            key: sample.label,
            type: 'button',
            className: 'btn',
            'aria-pressed': index === this.state.chosen,
            onClick: () => this.setState({ chosen: index }),
          },
          sample.label,
        ),
      );
      return element(
        'div',
        { className: 'code-samples' },
        element(
          'div',
          { className: 'opblock-section-header' },
          element('h4', { className: 'opblock-title' }, 'Samples'),
          element('div', { role: 'group', 'aria-label': 'Language' }, tabs),
        ),
        element(
          'pre',
          { className: 'highlight-code', tabIndex: 0 },
          element('code', null, samples[this.state.chosen].source),
        ),
      );
    }
  }

  const withSamples = (Original) => (props) => {
    // The path of the answers of an operation in the contract, one step below the operation.
    const place = props.specPath.butLast();
    const found = system.specSelectors.specJson().getIn([...place, 'x-codeSamples']);
    const shown = element(Original, props);
    return found
      ? element(React.Fragment, null, element(Samples, { samples: found.toJS() }), shown)
      : shown;
  };

  return { wrapComponents: { responses: withSamples } };
}
